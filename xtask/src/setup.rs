//! Everything the tests need beside Rust. Run twice, it does nothing the second time.
//!
//! It never hides a gap: what could not be had is listed with the command that gets it, and the run fails.

pub(crate) mod debian;
mod npm;
mod tool;
pub(crate) mod venv;

use crate::place::{Place, Venv};
use anyhow::{Result, bail};

pub(crate) use debian::{BENCH, CROSS, fetch, install, may_install};
pub(crate) use tool::DENY;

/// Installs what `cargo xtask test` needs.
pub(crate) fn run(place: &Place) -> Result<()> {
    let mut gaps = Vec::new();
    gaps.extend(debian::install(place, debian::TEST).err());
    gaps.extend(debian::install(place, debian::PRINTERS).err());
    for venv in [Venv::Peers, Venv::OsdpReader, Venv::OsdpPanel, Venv::Schemathesis] {
        gaps.extend(venv::make(place, venv).err());
    }
    gaps.extend(npm::make(place).err());
    gaps.extend(tool::build(place, &DENY).err());
    if gaps.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = gaps.iter().map(|gap| format!("{gap:#}")).collect();
    bail!("some of what the tests need is missing\n  {}", list.join("\n  "))
}
