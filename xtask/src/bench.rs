//! `cargo xtask bench`: measures release builds, side by side in one run, and says on which machine.

mod page;

pub(crate) use page::renewed;

use crate::child::Started;
use crate::machine::Machine;
use crate::place::{Place, Profile};
use crate::run::Run;
use crate::setup;
use anyhow::{Context, Result};
use std::fs;

/// Builds, measures, prints, and renews the sections of `docs/measurements.md` that were measured.
pub(crate) fn run(place: &Place, args: &[String]) -> Result<()> {
    setup::install(place, setup::BENCH)?;
    let build =
        "build --release --package edge-agent --package cloud-relay --package tests-world --package tests-site --bins";
    Run::cargo(place, build).go()?;

    let machine = format!("{}, {}", Machine::read(), tool(place, "rustc", "--version"));
    let revision = format!("Revision {}.", tool(place, "git", "describe --always --dirty"));
    println!("Machine: {machine}\n{revision}\n");
    let mut bench = Run::new(place, place.binaries(Profile::Release).join("ostona-bench")).into_command();
    bench.args(args);
    let mut report = String::new();
    let ended = Started::new(bench)?.lines_to_the_end(|line| {
        println!("{line}");
        report.push_str(line);
        report.push('\n');
        Ok(())
    });

    let path = place.root().join("docs/measurements.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let page = renewed(&page, &report, &machine, &revision);
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nRenewed in {}.", path.display());
    // What was measured before something broke down is kept all the same.
    ended
}

fn tool(place: &Place, program: &str, words: &str) -> String {
    let said = Run::new(place, program).words(words).read();
    said.map_or_else(|_| format!("{program} unknown"), |text| text.trim().to_owned())
}
