//! The cloud of a scenario: a state directory, and a program that can be killed and started again at any time.
//!
//! It listens on a port of the system's choosing, another one after each start.

use anyhow::{Context as _, Result, ensure};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tests_world::process::{Launch, Program};

use crate::wait::SOON;

/// Limits that no scenario reaches: they are tested where they are made.
const SETTINGS: &str = "[limits]\nper_address = 1000000\nconnections_per_address = 20000\nper_edge = 1000000\nenrolments = 10000\n\
                        requests = 1000000\nsign_ins = 10000\nvisitors = 1000000\nper_ticket = 1000000\n";

/// How the cloud is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speech {
    /// In the clear.
    #[default]
    Plain,
    /// With TLS, by a certificate of its own for `localhost`.
    Tls,
}

/// A cloud, running or not.
#[derive(Debug)]
pub struct Cloud {
    dir: PathBuf,
    settings: PathBuf,
    folder: String,
    log: Option<String>,
    clock_ms: i64,
    running: Option<(Program, SocketAddr)>,
}

impl Cloud {
    /// One whose state is to lie in `dir`; its settings lie beside it, its log below `artefacts/<folder>`.
    pub fn in_dir(dir: &Path, folder: &str) -> Result<Self> {
        Self::speaking(Speech::Plain, dir, folder)
    }

    /// The same, spoken to in that way.
    pub fn speaking(speech: Speech, dir: &Path, folder: &str) -> Result<Self> {
        let settings = dir.with_extension("toml");
        let tls = match speech {
            Speech::Plain => String::new(),
            Speech::Tls => certified(dir)?,
        };
        std::fs::write(&settings, format!("{SETTINGS}{tls}"))
            .with_context(|| format!("cannot write {}", settings.display()))?;
        Ok(Self {
            dir: dir.to_owned(),
            settings,
            folder: folder.to_owned(),
            log: None,
            clock_ms: 0,
            running: None,
        })
    }

    /// What is logged from the next start on, as `OSTONA_LOG`.
    pub fn log(&mut self, filter: &str) {
        self.log = Some(filter.to_owned());
    }

    /// How far its clock is ahead from the next start on.
    pub fn clock_ahead(&mut self, ms: i64) {
        self.clock_ms = ms;
    }

    /// Its certificate, where it has one.
    pub fn certificate(&self) -> PathBuf {
        self.dir.with_extension("crt")
    }

    /// Starts it, and says where it listens.
    pub async fn start(&mut self) -> Result<SocketAddr> {
        ensure!(self.running.is_none(), "the cloud runs already");
        let mut program = self.launch()?.start()?;
        let address = program.listening("http", SOON).await?;
        self.running = Some((program, address));
        Ok(address)
    }

    /// The one-time password of its first start.
    pub async fn one_time_password(&mut self) -> Result<String> {
        let says = "one-time password for admin: ";
        let line = self.program()?.says(says, SOON).await?;
        Ok(line.trim_start_matches(says).trim().to_owned())
    }

    /// kill -9.
    pub async fn kill(&mut self) -> Result<()> {
        match self.running.take() {
            Some((mut program, _)) => program.kill().await,
            None => Ok(()),
        }
    }

    /// Ends it in good order.
    pub async fn stop(&mut self) -> Result<()> {
        match self.running.take() {
            Some((mut program, _)) => {
                let status = program.terminate(SOON).await?;
                ensure!(status.success(), "the cloud ended with {status}");
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Imports an export file, while the cloud does not run; gives what it says.
    pub async fn import(&self, file: &Path) -> Result<Vec<String>> {
        let launch = Launch::built("ostona-cloud")?.named("ostona-cloud-import");
        let launch = launch.in_folder(&self.folder).arg("import").arg("--dir").arg(&self.dir);
        let mut program = launch.arg(file).start()?;
        let status = program.ended(SOON).await?;
        ensure!(
            status.success(),
            "the import ended with {status}: {:?}",
            program.lines()
        );
        program.says("edge ", SOON).await?;
        Ok(program.lines())
    }

    /// Replaces the command key, while the cloud does not run.
    pub async fn rotate_key(&self) -> Result<()> {
        let launch = Launch::built("ostona-cloud")?.named("ostona-cloud-rotate-key");
        let launch = launch
            .in_folder(&self.folder)
            .arg("rotate-key")
            .arg("--dir")
            .arg(&self.dir);
        let mut program = launch.start()?;
        let status = program.ended(SOON).await?;
        ensure!(status.success(), "no new key ({status}): {:?}", program.lines());
        Ok(())
    }

    /// Changes an account while the cloud does not run, as `ostona-cloud account`; gives what it says.
    pub async fn account(&self, words: &[&str]) -> Result<Vec<String>> {
        let launch = Launch::built("ostona-cloud")?.named("ostona-cloud-account");
        let launch = launch
            .in_folder(&self.folder)
            .arg("account")
            .arg("--dir")
            .arg(&self.dir);
        let launch = words.iter().fold(launch, |launch, word| launch.arg(word));
        let mut program = launch.start()?;
        let status = program.ended(SOON).await?;
        ensure!(status.success(), "it ended with {status}: {:?}", program.lines());
        program.says("", SOON).await?;
        Ok(program.lines())
    }

    /// The running program.
    pub fn program(&mut self) -> Result<&mut Program> {
        let running = self.running.as_mut().context("the cloud does not run")?;
        Ok(&mut running.0)
    }

    /// What it has said and logged since its last start.
    pub fn said(&self) -> Vec<String> {
        self.running
            .as_ref()
            .map(|running| running.0.lines())
            .unwrap_or_default()
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        let running = self.running.as_ref().context("the cloud does not run")?;
        Ok(running.1)
    }

    /// Where its state lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn launch(&self) -> Result<Launch> {
        let mut launch = Launch::built("ostona-cloud")?.in_folder(&self.folder).arg("serve");
        launch = launch.arg("--settings").arg(&self.settings).arg("--dir").arg(&self.dir);
        launch = launch.arg("--listen").arg("127.0.0.1:0");
        if let Some(filter) = &self.log {
            launch = launch.env("OSTONA_LOG", filter);
        }
        if self.clock_ms != 0 {
            launch = launch.wrong_clock(self.clock_ms);
        }
        Ok(launch)
    }
}

/// Makes a certificate and its key beside the state; gives the settings that name them.
fn certified(dir: &Path) -> Result<String> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).context("signing a certificate")?;
    let (cert, key) = (dir.with_extension("crt"), dir.with_extension("key"));
    std::fs::write(&cert, made.cert.pem()).with_context(|| format!("cannot write {}", cert.display()))?;
    std::fs::write(&key, made.signing_key.serialize_pem())
        .with_context(|| format!("cannot write {}", key.display()))?;
    Ok(format!("\n[tls]\ncert = {cert:?}\nkey = {key:?}\n"))
}
