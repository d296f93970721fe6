//! PyPI `httpbin` behind `gunicorn` on a free loopback port: a digest server that nobody here wrote.
//!
//! It dies with the value that [`start`] gives; nothing is left running.

use crate::peers;
use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{net::SocketAddr, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// How long it may take until it serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running httpbin.
#[derive(Debug)]
pub struct Httpbin {
    /// Where it listens.
    pub address: SocketAddr,
    _running: Running,
}

/// Asked to end when dropped: it must end its workers itself, which a SIGKILL would orphan.
#[derive(Debug)]
struct Running(Child);

/// Starts it and waits until it serves.
pub async fn start() -> anyhow::Result<Httpbin> {
    let mut child = Command::new(peers::program("gunicorn")?)
        .args([
            "--bind",
            "127.0.0.1:0",
            "--workers",
            "1",
            "--threads",
            "4",
            "--no-control-socket",
            "httpbin:app",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting gunicorn")?;
    let log = child.stderr.take().context("gunicorn has no standard error")?;
    let running = Running(child);
    let mut lines = BufReader::new(log).lines();
    let address = tokio::time::timeout(PATIENCE, async {
        while let Some(line) = lines.next_line().await.context("reading gunicorn's log")? {
            let address = line
                .split_once("Listening at: http://")
                .and_then(|(_, rest)| rest.split(' ').next());
            if let Some(address) = address {
                return address
                    .parse()
                    .with_context(|| format!("gunicorn listens at {address:?}"));
            }
        }
        bail!("gunicorn ended before it listened")
    })
    .await
    .with_context(|| format!("gunicorn did not listen within {PATIENCE:?}"))??;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Httpbin {
        address,
        _running: running,
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self
            .0
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        if let Some(pid) = pid
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            tracing::debug!(%error, "gunicorn is gone already");
        }
    }
}
