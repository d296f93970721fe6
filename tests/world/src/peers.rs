//! Independent software from PyPI and npm, in environments that `cargo xtask test` sets up.
//!
//! It is never installed from here: a test says what is missing and fails.

use crate::{fixtures::workspace_root, process::Launch};
use anyhow::ensure;
use std::path::{Path, PathBuf};

/// Environment variable that names another virtual environment than `.cache/venv-peers` below the workspace's root.
pub const VENV_VARIABLE: &str = "OSTONA_PEERS_VENV";

/// A virtual environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Venv {
    /// Of nearly all peers: `tests/site/peers/requirements.txt`.
    Peers,
    /// Of `libosdp`: `tests/site/peers/osdp/reader.txt`.
    OsdpReader,
    /// Of `osdp`, which cannot live beside `libosdp`: `tests/site/peers/osdp/panel.txt`.
    OsdpPanel,
}

impl Venv {
    fn folder(self) -> PathBuf {
        let below_cache = |name| workspace_root().join(".cache").join(name);
        match self {
            Venv::Peers => std::env::var_os(VENV_VARIABLE).map_or_else(|| below_cache("venv-peers"), PathBuf::from),
            Venv::OsdpReader => below_cache("venv-osdp-reader"),
            Venv::OsdpPanel => below_cache("venv-osdp-panel"),
        }
    }
}

/// A program of the peers' virtual environment, e.g. `python` or `gunicorn`.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    program_of(Venv::Peers, name)
}

fn program_of(venv: Venv, name: &str) -> anyhow::Result<PathBuf> {
    let program = venv.folder().join("bin").join(name);
    ensure!(
        program.is_file(),
        "{} is absent; run cargo xtask test once: it sets up the virtual environments of tests/site/peers",
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

/// A script of `tests/site/peers` under the peers' Python; its output comes line by line.
pub fn script(name: &str) -> anyhow::Result<Launch> {
    script_of(Venv::Peers, name)
}

/// A script of `tests/site/peers` under the Python of another environment.
pub fn script_of(venv: Venv, name: &str) -> anyhow::Result<Launch> {
    let file = workspace_root().join("tests/site/peers").join(name);
    ensure!(file.is_file(), "{} is absent", file.display());
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let launch = Launch::of(&program_of(venv, "python")?, &stem);
    Ok(launch
        .in_folder("peers")
        .arg("-u")
        .arg(file)
        .env("PYTHONDONTWRITEBYTECODE", "1"))
}
