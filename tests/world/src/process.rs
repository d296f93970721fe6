//! Built programs as a test runs them: spawned, listened to, killed without warning, never left behind.
//!
//! A program says where it listens by lines `listening <name> <address>` on its standard output; ports are never chosen here.

#[cfg(test)]
mod tests;
mod transcript;

use crate::{clock, fixtures::workspace_root};
use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::process::{Child, Command};
use transcript::Transcript;

/// How a program is started.
#[derive(Debug)]
pub struct Launch {
    program: PathBuf,
    name: String,
    command: std::process::Command,
    artefacts: PathBuf,
}

impl Launch {
    /// A program of this workspace, e.g. `ostona-edge`, found beside the running test: `target/<profile>/`.
    pub fn built(program: &str) -> anyhow::Result<Self> {
        let path = build_folder()?.join(program);
        ensure!(
            path.is_file(),
            "{} is not built: run cargo build --bin {program}",
            path.display()
        );
        Ok(Self::of(&path, program))
    }

    /// Any program.
    pub fn of(program: &Path, name: &str) -> Self {
        Self {
            program: program.to_path_buf(),
            name: name.to_owned(),
            command: std::process::Command::new(program),
            artefacts: workspace_root().join("artefacts"),
        }
    }

    /// Its name in log files and errors, e.g. `edge-before-the-kill`; the program's own otherwise.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The folder below `artefacts/` for its log, e.g. the test's name.
    #[must_use]
    pub fn in_folder(mut self, folder: &str) -> Self {
        self.artefacts = workspace_root().join("artefacts").join(folder);
        self
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// One more environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Gives it a wall clock that is `offset_ms` ahead.
    #[must_use]
    pub fn wrong_clock(mut self, offset_ms: i64) -> Self {
        clock::with_wrong_clock(&mut self.command, offset_ms);
        self
    }

    /// Starts it. Must be called within a tokio runtime.
    pub fn start(self) -> anyhow::Result<Program> {
        let Self {
            program,
            name,
            mut command,
            artefacts,
        } = self;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let out = child.stdout.take().context("no standard output")?;
        let err = child.stderr.take().context("no standard error")?;
        let transcript = Transcript::follow(&artefacts, &name, out, err)?;
        Ok(Program {
            name,
            child,
            transcript,
        })
    }
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    transcript: Transcript,
}

impl Program {
    /// Waits until it says where its listener `listener` is.
    pub async fn listening(&mut self, listener: &str, limit: Duration) -> anyhow::Result<SocketAddr> {
        let prefix = format!("listening {listener} ");
        let line = self.says(&prefix, limit).await?;
        let address = line.trim_start_matches(&prefix).split(' ').next().unwrap_or_default();
        address.parse().with_context(|| format!("{} says {line:?}", self.name))
    }

    /// Waits for a line of its standard output that starts with `prefix`, from its start on, and gives it.
    pub async fn says(&mut self, prefix: &str, limit: Duration) -> anyhow::Result<String> {
        let found = tokio::select! {
            found = self.transcript.line(prefix) => found,
            () = tokio::time::sleep(limit) => None,
        };
        match found {
            Some(line) => Ok(line),
            None => bail!(
                "{} did not say {prefix:?} within {limit:?}; its last lines ({}):\n{}",
                self.name,
                self.transcript.file().display(),
                self.transcript.tail(20)
            ),
        }
    }

    /// Its process id; none where it has ended and was waited for.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where its log is.
    pub fn log_file(&self) -> &Path {
        self.transcript.file()
    }

    /// Every line of its standard output and standard error so far.
    pub fn lines(&self) -> Vec<String> {
        self.transcript.lines()
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child
            .kill()
            .await
            .with_context(|| format!("killing {}", self.name))
    }

    /// SIGTERM, and waits until it has ended by itself.
    pub async fn terminate(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let pid = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let pid = pid.with_context(|| format!("{} has ended already", self.name))?;
        kill_process(pid, Signal::TERM).with_context(|| format!("asking {} to end", self.name))?;
        self.ended(limit).await
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => status.with_context(|| format!("waiting for {}", self.name)),
            Err(_) => bail!(
                "{} did not end within {limit:?}; its last lines:\n{}",
                self.name,
                self.transcript.tail(20)
            ),
        }
    }
}

/// `target/<profile>`, from where the running test or program lies.
fn build_folder() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe().context("asking where this program lies")?;
    let folder = here.parent().context("a program without a folder")?;
    Ok(if folder.ends_with("deps") {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    }
    .to_path_buf())
}
