//! Independent software from PyPI and npm, in environments that `cargo xtask test` sets up.
//!
//! It is never installed from here: a test says what is missing and fails.

use crate::{fixtures::workspace_root, process::Launch};
use anyhow::ensure;
use std::path::{Path, PathBuf};

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

/// A JavaScript of `tests/site/peers` under Node, with the packages of `tests/site/peers/npm`.
pub fn node_script(name: &str) -> anyhow::Result<Launch> {
    let file = workspace_root().join("tests/site/peers").join(name);
    ensure!(file.is_file(), "{} is absent", file.display());
    let modules = workspace_root().join(".cache/npm-peers/node_modules");
    ensure!(
        modules.is_dir(),
        "{} is absent; run cargo xtask test once: it installs the packages of tests/site/peers/npm",
        modules.display()
    );
    let launch = Launch::of(Path::new("node"), name.trim_end_matches(".js"));
    Ok(launch.in_folder("peers").arg(file).env("NODE_PATH", modules))
}

/// A script of `tests/site/peers` under the environment's Python; its output comes line by line.
pub fn script(name: &str) -> anyhow::Result<Launch> {
    let file = workspace_root().join("tests/site/peers").join(name);
    ensure!(file.is_file(), "{} is absent", file.display());
    let launch = Launch::of(&program("python")?, name.trim_end_matches(".py"));
    Ok(launch
        .in_folder("peers")
        .arg("-u")
        .arg(file)
        .env("PYTHONDONTWRITEBYTECODE", "1"))
}
