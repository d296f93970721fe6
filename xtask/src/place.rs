//! Where things lie: the workspace, what is built, what is fetched.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::env;
use std::path::{Path, PathBuf};

/// The workspace's folders, as cargo knows them.
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// How something is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to build.
    Dev,
    /// As it ships.
    Release,
}

/// A Python environment of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Venv {
    /// Software of others that must accept what we built: `tests/site/peers/requirements.txt`.
    Peers,
    /// `libosdp`, which must accept our panel as a reader would: `tests/site/peers/osdp/reader.txt`.
    OsdpReader,
    /// `osdp`, which must accept our simulated reader: `tests/site/peers/osdp/panel.txt`. Both packages install a module of
    /// one name, so each has an environment of its own.
    OsdpPanel,
    /// Attacks the REST API by its own description: `xtask/schemathesis/requirements.txt`.
    Schemathesis,
}

impl Place {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let output = std::process::Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot start cargo metadata")?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "cannot read what cargo metadata says: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }
    /// The workspace's root.
    pub(crate) fn root(&self) -> &Path {
        &self.workspace_root
    }
    /// What `cargo xtask` fetched and made, not in git.
    pub(crate) fn cache(&self) -> PathBuf {
        self.workspace_root.join(".cache")
    }
    /// What cargo builds goes below.
    pub(crate) fn target(&self) -> &Path {
        &self.target_directory
    }
    /// Folder of the built binaries.
    pub(crate) fn binaries(&self, profile: Profile) -> PathBuf {
        self.target_directory.join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        })
    }
    /// Folder of a Python environment.
    pub(crate) fn venv(&self, venv: Venv) -> PathBuf {
        self.cache().join(match venv {
            Venv::Peers => "venv-peers",
            Venv::OsdpReader => "venv-osdp-reader",
            Venv::OsdpPanel => "venv-osdp-panel",
            Venv::Schemathesis => "venv-schemathesis",
        })
    }
    /// Folder of the npm packages that must accept what we built.
    pub(crate) fn npm(&self) -> PathBuf {
        self.cache().join("npm-peers")
    }
    /// What a Python environment must hold, one pinned package per line.
    pub(crate) fn requirements(&self, venv: Venv) -> PathBuf {
        self.workspace_root.join(match venv {
            Venv::Peers => "tests/site/peers/requirements.txt",
            Venv::OsdpReader => "tests/site/peers/osdp/reader.txt",
            Venv::OsdpPanel => "tests/site/peers/osdp/panel.txt",
            Venv::Schemathesis => "xtask/schemathesis/requirements.txt",
        })
    }
    /// A tool built by `cargo xtask setup`.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.cache().join("cargo-tools/bin").join(name)
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
