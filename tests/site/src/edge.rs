//! The edge of a scenario: settings, a state directory, and a program that can be killed and started again at any time.
//!
//! Its MQTT and LAN ports are of the system's choosing, others after each start.

use crate::{cloud::Speech, wait::SOON};
use anyhow::{Context as _, Result, ensure};
use protocol::{DeviceId, key::to_base64};
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
};
use tests_world::process::{Launch, Program};

/// An edge, running or not.
#[derive(Debug)]
pub struct Edge {
    state: PathBuf,
    settings: PathBuf,
    folder: String,
    log: Option<String>,
    clock_ms: i64,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    program: Program,
    mqtt: SocketAddr,
    lan: SocketAddr,
}

/// What an edge is set up with.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Where the cloud is.
    pub cloud: Option<SocketAddr>,
    /// How it is spoken to.
    pub speech: Speech,
    /// Lines of the `[uplink]` section.
    pub uplink: String,
    /// Lines of the `[journal]` section.
    pub journal: String,
    /// Devices that speak MQTT or HTTP to it; each one's token is [`token_of`] it.
    pub devices: Vec<DeviceId>,
    /// Where its LAN port is; none: anywhere, elsewhere after each start.
    pub lan: Option<SocketAddr>,
    /// More sections: `[[device]]` and its lines.
    pub more: String,
}

/// The token of a device of a scenario.
pub fn token_of(device: &DeviceId) -> String {
    format!("token-of-{device}-0123456789abcdef")
}

impl Edge {
    /// One whose state is to lie in `state`; its settings lie beside it, its log below `artefacts/<folder>`.
    pub fn in_dir(state: &Path, folder: &str, setup: &Setup) -> Result<Self> {
        let settings = state.with_extension("toml");
        std::fs::write(&settings, written(state, setup)?)
            .with_context(|| format!("cannot write {}", settings.display()))?;
        Ok(Self {
            state: state.to_owned(),
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

    /// Seals its secrets with the key in this file, from the next start on.
    pub fn seal(&mut self, key: &Path) -> Result<()> {
        let text = std::fs::read_to_string(&self.settings).context("cannot read the settings")?;
        let text = format!("{text}\n[seal]\nkey = {:?}\n", key.display().to_string());
        std::fs::write(&self.settings, text).context("cannot write the settings")
    }

    /// Runs one errand to its end: `enrol CODE`, `export FILE`, `check`. Gives how it ended and what it said.
    pub async fn errand(&self, words: &[&str]) -> Result<(ExitStatus, Vec<String>)> {
        let mut launch = self.launch("ostona-edge-errand")?;
        for word in words {
            launch = launch.arg(word);
        }
        let mut program = launch.start()?;
        let status = program.ended(SOON).await?;
        // What was written last may still be in the pipe.
        let last = program.says("\u{0}", SOON);
        let _ = last.await;
        Ok((status, program.lines()))
    }

    /// Joins the cloud.
    pub async fn enrol(&self, code: &str) -> Result<()> {
        let (status, said) = self.errand(&["enrol", code]).await?;
        ensure!(status.success(), "the enrolment ended with {status}: {said:?}");
        Ok(())
    }

    /// Starts it, and waits until it is ready.
    pub async fn start(&mut self) -> Result<()> {
        self.start_listening().await?;
        self.program()?.says("ready", SOON).await?;
        Ok(())
    }

    /// Starts it, and waits only until its ports are open.
    pub async fn start_listening(&mut self) -> Result<()> {
        ensure!(self.running.is_none(), "the edge runs already");
        let mut program = self.launch("ostona-edge")?.arg("run").start()?;
        let mqtt = program.listening("mqtt", SOON).await?;
        let lan = program.listening("lan", SOON).await?;
        self.running = Some(Running { program, mqtt, lan });
        Ok(())
    }

    /// kill -9.
    pub async fn kill(&mut self) -> Result<()> {
        match self.running.take() {
            Some(mut running) => running.program.kill().await,
            None => Ok(()),
        }
    }

    /// Ends it in good order.
    pub async fn stop(&mut self) -> Result<()> {
        match self.running.take() {
            Some(mut running) => {
                let status = running.program.terminate(SOON).await?;
                ensure!(status.success(), "the edge ended with {status}");
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The running program.
    pub fn program(&mut self) -> Result<&mut Program> {
        Ok(&mut self.running.as_mut().context("the edge does not run")?.program)
    }

    /// Where devices reach its broker.
    pub fn mqtt(&self) -> Result<SocketAddr> {
        Ok(self.running.as_ref().context("the edge does not run")?.mqtt)
    }

    /// Where its own pages and the local HTTP are.
    pub fn lan(&self) -> Result<SocketAddr> {
        Ok(self.running.as_ref().context("the edge does not run")?.lan)
    }

    /// Where its state lies.
    pub fn state(&self) -> &Path {
        &self.state
    }

    fn launch(&self, name: &str) -> Result<Launch> {
        let launch = Launch::built("ostona-edge")?.named(name).in_folder(&self.folder);
        let mut launch = launch.arg("--settings").arg(&self.settings);
        if let Some(filter) = &self.log {
            launch = launch.env("OSTONA_LOG", filter);
        }
        if self.clock_ms != 0 {
            launch = launch.wrong_clock(self.clock_ms);
        }
        Ok(launch)
    }
}

fn written(state: &Path, setup: &Setup) -> Result<String> {
    let mut text = format!("state_dir = {state:?}\n\n");
    if let Some(cloud) = setup.cloud {
        let url = match setup.speech {
            Speech::Plain => format!("http://{cloud}"),
            Speech::Tls => format!("https://localhost:{}", cloud.port()),
        };
        write!(text, "[cloud]\nurl = \"{url}\"\n\n")?;
    }
    write!(text, "[uplink]\n{}\n\n[journal]\n{}\n\n", setup.uplink, setup.journal)?;
    let lan = setup.lan.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    write!(text, "[mqtt]\nplain = \"127.0.0.1:0\"\n\n[lan]\nlisten = \"{lan}\"\n")?;
    text.push_str(&setup.more);
    for device in &setup.devices {
        let hash = to_base64(&Sha256::digest(token_of(device)));
        write!(
            text,
            "\n[[device]]\nid = \"{device}\"\nkind = \"button\"\ntoken = \"{hash}\"\n"
        )?;
    }
    Ok(text)
}
