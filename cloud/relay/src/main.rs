//! `ostona-cloud`: the relay as a program.
//!
//! Nothing is decided here: arguments in, exit code out.

use anyhow::{Context as _, bail};
use cloud_admin::{
    clock::CloudClock,
    first_use,
    offline::{self, OfflineChange},
};
use cloud_http::PublicUrl;
use cloud_relay::{edges, import, keys::CommandKey, listener, rebuild, routes, settings::Settings, state::RelayState};
use cloud_store::{Db, accounts::LoginName, projections::ProjectionName};
use protocol::{OrgId, client_address::ProxyNetwork};
use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const USAGE: &str = "\
ostona-cloud serve [--dir DIR] [--listen ADDRESS:PORT] [--settings FILE.toml]
             [--public-url URL] [--trusted-proxy ADDRESS|NETWORK]…
ostona-cloud import [--dir DIR] FILE
ostona-cloud rebuild [--dir DIR] [--org ORG] PROJECTION
ostona-cloud rotate-key [--dir DIR]
ostona-cloud account [--dir DIR] list
ostona-cloud account [--dir DIR] CHANGE LOGIN     with the cloud stopped; CHANGE is disable, enable, delete,
             reset-password, reset-mfa, end-sessions or role=ROLE
ostona-cloud version
";

fn main() -> ExitCode {
    let log = tracing_subscriber::EnvFilter::try_from_env("OSTONA_LOG").unwrap_or_else(|_| "info".into());
    let terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_ansi(terminal)
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start the runtime");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(std::env::args().skip(1).collect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Vec<String>) -> anyhow::Result<()> {
    let mut arguments = arguments.into_iter();
    let command = arguments.next();
    let asked = CommandLine::read(arguments)?;
    match (command.as_deref(), asked.operands.as_slice()) {
        (Some("serve"), []) => serve_until_told(asked.settings()?).await,
        (Some("import"), [file]) => import_file(asked.settings()?, Path::new(file)).await,
        (Some("rebuild"), [name]) => rebuild_projection(&asked.settings()?, name, asked.org).await,
        (Some("account"), [list]) if list == "list" => list_accounts(&asked.settings()?).await,
        (Some("account"), [change, login]) => change_account(&asked.settings()?, change, login).await,
        (Some("rotate-key"), []) => rotate_key(&asked.settings()?),
        (Some("version"), []) => say(&format!("ostona-cloud {}", env!("CARGO_PKG_VERSION"))),
        _ => bail!("usage:\n{USAGE}"),
    }
}

/// The command line after its first word.
#[derive(Debug, Default)]
struct CommandLine {
    dir: Option<PathBuf>,
    listen: Option<std::net::SocketAddr>,
    settings: Option<PathBuf>,
    org: Option<OrgId>,
    public_url: Option<PublicUrl>,
    trusted_proxies: Vec<ProxyNetwork>,
    /// A file, a projection's name, a change and a login.
    operands: Vec<String>,
}

impl CommandLine {
    fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut asked = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--dir" => asked.dir = Some(value()?.into()),
                "--listen" => {
                    let text = value()?;
                    asked.listen = Some(
                        text.parse()
                            .with_context(|| format!("{text:?} is no address and port"))?,
                    );
                }
                "--org" => {
                    let text = value()?;
                    asked.org = Some(
                        text.parse()
                            .with_context(|| format!("{text:?} is no organisation's id"))?,
                    );
                }
                "--public-url" => asked.public_url = Some(value()?.parse()?),
                "--trusted-proxy" => asked.trusted_proxies.push(value()?.parse()?),
                "--settings" => asked.settings = Some(value()?.into()),
                flag if flag.starts_with('-') => bail!("{flag} is not known; usage:\n{USAGE}"),
                operand => asked.operands.push(operand.to_owned()),
            }
        }
        Ok(asked)
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = self
            .settings
            .as_deref()
            .map_or_else(|| Ok(Settings::default()), Settings::read)?;
        settings.dir = self.dir.clone().unwrap_or(settings.dir);
        settings.listen = self.listen.unwrap_or(settings.listen);
        settings.public_url = self.public_url.clone().or(settings.public_url);
        settings.proxy.trusted.extend(self.trusted_proxies.iter().copied());
        Ok(settings)
    }
}

async fn serve_until_told(settings: Settings) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tls = settings.tls.as_ref().map(listener::acceptor).transpose()?;
    let listen = settings.listen;
    let app = RelayState::open(settings, CloudClock::of_machine(), stop.clone())?;
    let router = routes::router(&app)?;
    let listener = listener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    if let Some(password) =
        first_use::bootstrap(&app.store, &app.clock, app.settings.accounts.one_time_passwords()).await?
    {
        say(&format!(
            "one-time password for {}: {}",
            first_use::LOGIN,
            password.expose()
        ))?;
    }
    say(&format!("listening http {}", listener.local_addr()?))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    if tls.is_none() && app.settings.proxy.trusted.is_empty() {
        tracing::info!("no proxy is trusted: behind one, everybody would count as its address (trusted-proxy)");
    }
    tracing::info!(address = %listener.local_addr()?, tls = tls.is_some(), "serving");
    let watching = tokio::spawn(edges::watch(Arc::clone(&app)));
    let forgetting = tokio::spawn(edges::forget(Arc::clone(&app)));
    let serving = tokio::spawn(listener::serve(Arc::clone(&app), listener, tls, router));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending");
    stop.cancel();
    serving.await.context("the listener failed")?;
    watching.await.context("the watch failed")?;
    forgetting.await.context("forgetting failed")?;
    close(app);
    Ok(())
}

async fn import_file(settings: Settings, file: &Path) -> anyhow::Result<()> {
    let content = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let app = RelayState::open(settings, CloudClock::of_machine(), CancellationToken::new())?;
    let imported = import::import(&app, &content).await?;
    say(&format!(
        "edge {}: {} events new, {} known already",
        imported.edge, imported.new, imported.known
    ))?;
    close(app);
    Ok(())
}

async fn rebuild_projection(settings: &Settings, name: &str, org: Option<OrgId>) -> anyhow::Result<()> {
    let name: ProjectionName = name.parse().with_context(|| {
        let all: Vec<&str> = ProjectionName::all().map(ProjectionName::as_str).collect();
        format!("{name:?} is none of {}", all.join(", "))
    })?;
    let store = open_stopped(settings)?;
    let done = rebuild::rebuild(&store, name, org, |org, progress| {
        // Whoever no longer reads the progress still gets the rebuild.
        let _ = say(&format!("{name} of {org}: {} %", progress.percent()));
    });
    for rebuilt in done.await? {
        say(&format!(
            "{name} of {}: rebuilt up to event {}",
            rebuilt.org, rebuilt.upto
        ))?;
    }
    store.close();
    Ok(())
}

/// Says who may sign in.
async fn list_accounts(settings: &Settings) -> anyhow::Result<()> {
    let store = open_stopped(settings)?;
    for account in offline::list(&store).await? {
        let org = account.org.map_or_else(|| "platform".to_owned(), |org| org.to_string());
        let state = account.disabled.map_or("", |_| " disabled");
        say(&format!("{} {} {org}{state}", account.login, account.role.0))?;
    }
    store.close();
    Ok(())
}

/// Changes an account, and says the one-time password where there is a new one.
async fn change_account(settings: &Settings, change: &str, login: &str) -> anyhow::Result<()> {
    let change: OfflineChange = change.parse().with_context(|| format!("{change:?}"))?;
    let login: LoginName = login.parse().with_context(|| format!("{login:?}"))?;
    let store = open_stopped(settings)?;
    let (clock, lifetime) = (CloudClock::of_machine(), settings.accounts.one_time_passwords());
    match offline::apply(&store, &clock, login.clone(), change, lifetime).await? {
        Some(password) => say(&format!("one-time password for {login}: {}", password.expose()))?,
        None => say(&format!("{login}: done"))?,
    }
    store.close();
    Ok(())
}

/// Replaces the command key. Edges take the new one when they hear of it; documents and commands are signed as they are sent.
fn rotate_key(settings: &Settings) -> anyhow::Result<()> {
    let store = open_stopped(settings)?;
    let (before, after) = CommandKey::rotate(&settings.dir, CloudClock::of_machine().now())?;
    store.close();
    say(&format!("command key {} hands over to {}", before.id(), after.id()))
}

/// The store of a cloud that does not run.
fn open_stopped(settings: &Settings) -> anyhow::Result<Db> {
    let dir = settings.dir.display();
    if !settings.dir.join("platform.db").is_file() {
        bail!("there is no cloud's state in {dir}");
    }
    Db::open(&settings.dir).with_context(|| format!("cannot open {dir}; stop the cloud first"))
}

/// Waits for the store's last commit where nobody else holds it any more.
fn close(app: Arc<RelayState>) {
    if let Some(app) = Arc::into_inner(app) {
        app.store.close();
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
