//! Tools that come as crates, built once into the cache at a pinned version.

use crate::place::Place;
use crate::run::Run;
use anyhow::{Context, Result};

/// A crate that brings a tool.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name, and the binary's.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
}

/// Judges licences, banned crates, sources and advisories by `deny.toml`.
pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};

/// Builds the tool unless it is there already.
pub(crate) fn build(place: &Place, tool: &Tool) -> Result<()> {
    let found = Run::new(place, place.tool(tool.name)).arg("--version").read();
    if found.is_ok_and(|text| text.split_whitespace().any(|word| word == tool.version)) {
        return Ok(());
    }
    println!(
        "building {} {}, which takes two to four minutes…",
        tool.name, tool.version
    );
    let install = Run::cargo(place, "install --quiet --locked --root").arg(place.cache().join("cargo-tools"));
    install
        .arg(format!("{}@{}", tool.name, tool.version))
        .go()
        .with_context(|| format!("cannot build {}", tool.name))
}
