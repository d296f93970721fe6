//! Independent software from PyPI, in a virtual environment that `cargo xtask test` sets up.
//!
//! It is never installed from here: a test says what is missing and fails.

use crate::fixtures::workspace_root;
use anyhow::{Context as _, ensure};
use std::{path::PathBuf, process::Output, time::Duration};
use tokio::process::Command;

/// Environment variable that names another virtual environment than `.cache/venv-peers` below the workspace's root.
pub const VENV_VARIABLE: &str = "OSTONA_PEERS_VENV";

/// A program of the virtual environment, e.g. `python` or `gunicorn`.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let venv =
        std::env::var_os(VENV_VARIABLE).map_or_else(|| workspace_root().join(".cache/venv-peers"), PathBuf::from);
    let program = venv.join("bin").join(name);
    ensure!(
        program.is_file(),
        "{} is absent; run cargo xtask test once: it sets up the virtual environment of tests/site/peers/requirements.txt",
        program.display()
    );
    Ok(program)
}

/// Runs a script of `tests/site/peers` to its end, for `limit` at most, with `arguments`.
pub async fn run(script: &str, arguments: &[&str], limit: Duration) -> anyhow::Result<Output> {
    let path = workspace_root().join("tests/site/peers").join(script);
    let mut command = Command::new(program("python")?);
    command
        .arg("-u")
        .arg(&path)
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .kill_on_drop(true);
    tokio::time::timeout(limit, command.output())
        .await
        .with_context(|| format!("{script} did not end within {limit:?}"))?
        .with_context(|| format!("starting {script}"))
}
