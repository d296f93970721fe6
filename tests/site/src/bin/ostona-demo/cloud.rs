//! The cloud of the demo, whose plug can be pulled and put back.

use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests_world::process::{Launch, Program};

/// Longest a start may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cloud with a state directory and a fixed address.
#[derive(Debug)]
pub(crate) struct Cloud {
    dir: PathBuf,
    address: SocketAddr,
    plug: CloudState,
}

#[derive(Debug)]
enum CloudState {
    In(Box<Program>),
    Out,
}

impl Cloud {
    /// Starts it for the first time: gives it and the administrator's one-time password.
    pub(crate) async fn first_start(dir: &Path) -> Result<(Self, String)> {
        let mut program = launch(dir, "127.0.0.1:0")?;
        let says = "one-time password for admin: ";
        let line = program.says(says, PATIENCE).await?;
        let address = program.listening("http", PATIENCE).await?;
        let password = line
            .strip_prefix(says)
            .context("the cloud named no password")?
            .trim()
            .to_owned();
        Ok((
            Self {
                dir: dir.to_owned(),
                address,
                plug: CloudState::In(Box::new(program)),
            },
            password,
        ))
    }

    /// Where it listens, plugged in or not.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Pulls the plug, without warning, or puts it back in; says which.
    pub(crate) async fn flip(&mut self) -> Result<&'static str> {
        match &mut self.plug {
            CloudState::In(program) => {
                program.kill().await?;
                self.plug = CloudState::Out;
                Ok(
                    "The cloud is gone (kill -9). Staff go on; the edge keeps what it sees. Enter brings the cloud back.",
                )
            }
            CloudState::Out => {
                let mut program = launch(&self.dir, &self.address.to_string())?;
                program.listening("http", PATIENCE).await?;
                self.plug = CloudState::In(Box::new(program));
                Ok("The cloud is back. The edge brings what it kept, each event once.")
            }
        }
    }

    /// Ends it in good order.
    pub(crate) async fn end(self) -> Result<()> {
        match self.plug {
            CloudState::In(mut program) => program.terminate(PATIENCE).await.map(drop),
            CloudState::Out => Ok(()),
        }
    }
}

fn launch(dir: &Path, listen: &str) -> Result<Program> {
    let launch = Launch::built("ostona-cloud")?
        .in_folder("demo")
        .arg("serve")
        .arg("--dir")
        .arg(dir);
    launch.arg("--listen").arg(listen).start()
}
