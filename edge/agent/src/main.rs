//! `ostona-edge`: the appliance's agent. Arguments, settings, log, runtime, then [`app::run`].

mod access;
mod app;
mod areas;
mod args;
mod branch;
mod catalog;
mod clock;
mod commands;
mod commissioning;
mod device_auth;
mod devices;
mod enlist;
mod export;
mod offline;
mod prints;
mod publisher;
mod seal;
mod settings;
mod unknown_callers;
mod watchdog;

#[cfg(test)]
mod tests;

use anyhow::Context as _;
use args::Subcommand;
use std::process::ExitCode;

/// Version of the agent, as events and the cloud see it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    match run_subcommand() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "ostona-edge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_subcommand() -> anyhow::Result<()> {
    let args = args::parse(std::env::args_os().skip(1))?;
    if let Subcommand::Help = args.subcommand {
        say(args::HELP);
        return Ok(());
    }
    if let Subcommand::Token = args.subcommand {
        return offline::token();
    }
    let settings = settings::Settings::load(&args.settings)?;
    start_log(settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match args.subcommand {
        Subcommand::Run => runtime.block_on(app::run(settings)),
        Subcommand::Enrol(code) => runtime.block_on(offline::enrol(settings, code)),
        Subcommand::Export(path) => offline::export(&settings, &path),
        Subcommand::Check => offline::check(&settings),
        Subcommand::Devices(errand) => runtime.block_on(commissioning::run(settings, errand)),
        Subcommand::AdminCode => offline::admin_code(&settings),
        Subcommand::AdminReset => offline::admin_reset(&settings),
        Subcommand::AcceptLoss(apps) => offline::accept_loss(&settings, &apps),
        Subcommand::Help | Subcommand::Token => Ok(()),
    }
}

fn start_log(form: settings::LogFormat) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_env("OSTONA_LOG").unwrap_or_else(|_| EnvFilter::new("info,rumqttd=warn"));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match form {
        settings::LogFormat::Text => log.with_ansi(false).init(),
        settings::LogFormat::Json => log.json().init(),
    }
}

/// One line for whoever started us.
fn say(line: &str) {
    use std::io::Write as _;
    // A reader that went away is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{line}");
}
