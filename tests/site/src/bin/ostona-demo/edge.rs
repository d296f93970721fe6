//! The edge of the demo: a settings file, an enrolment, a run.

use anyhow::{Context as _, Result, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests_world::process::{Launch, Program};

const PATIENCE: Duration = Duration::from_secs(30);

/// An edge that runs.
#[derive(Debug)]
pub(crate) struct Edge {
    program: Program,
    /// Where devices reach its broker.
    pub(crate) mqtt: SocketAddr,
    /// Where its own pages and the local HTTP are.
    pub(crate) lan: SocketAddr,
}

impl Edge {
    /// Enrols a fresh edge with the code and starts it.
    pub(crate) async fn enrol_and_start(dir: &Path, cloud: SocketAddr, code: &str) -> Result<Self> {
        let settings = write_settings(dir, cloud)?;
        let enrolment = Launch::built("ostona-edge")?
            .named("ostona-edge-enrol")
            .in_folder("demo");
        let enrolment = enrolment
            .arg("--settings")
            .arg(&settings)
            .arg("enrol")
            .arg(code)
            .start();
        let status = enrolment?.ended(PATIENCE).await?;
        ensure!(
            status.success(),
            "the enrolment ended with {status}; see artefacts/demo"
        );

        let launch = Launch::built("ostona-edge")?
            .in_folder("demo")
            .arg("--settings")
            .arg(&settings)
            .arg("run");
        let mut program = launch.start()?;
        let mqtt = program.listening("mqtt", PATIENCE).await?;
        let lan = program.listening("lan", PATIENCE).await?;
        Ok(Self { program, mqtt, lan })
    }

    /// Ends it in good order.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.program.terminate(PATIENCE).await.map(drop)
    }
}

fn write_settings(dir: &Path, cloud: SocketAddr) -> Result<PathBuf> {
    let (path, state) = (dir.join("edge.toml"), dir.join("state"));
    std::fs::create_dir_all(&state).with_context(|| format!("cannot make {}", state.display()))?;
    let text = format!(
        "state_dir = {state:?}\n\n[cloud]\nurl = \"http://{cloud}\"\n\n[mqtt]\nplain = \"127.0.0.1:0\"\n\n\
         [lan]\nlisten = \"127.0.0.1:0\"\n"
    );
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
