//! `cargo xtask bench`: measures release builds, side by side in one run, and says on which machine.

use crate::child::Started;
use crate::machine::Machine;
use crate::place::{Place, Profile};
use crate::run::Run;
use crate::setup;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::Write;

/// Builds, measures, prints, and keeps the tables in `artefacts/bench.md`.
pub(crate) fn run(place: &Place, args: &[String]) -> Result<()> {
    setup::install(place, setup::BENCH)?;
    let build =
        "build --release --package edge-agent --package cloud-relay --package tests-world --package tests-site --bins";
    Run::cargo(place, build).go()?;

    let path = place.artefacts().join("bench.md");
    fs::create_dir_all(place.artefacts()).with_context(|| format!("cannot make {}", place.artefacts().display()))?;
    let mut kept = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut keep = |line: &str| {
        println!("{line}");
        writeln!(kept, "{line}").with_context(|| format!("cannot write {}", path.display()))
    };
    keep(&format!("{}, {}\n", Machine::read(), revision(place)))?;

    let mut bench = Run::new(place, place.binaries(Profile::Release).join("ostona-bench")).into_command();
    bench.args(args);
    Started::new(bench)?.lines_to_the_end(&mut keep)?;
    println!(
        "\nKept in {}; figures worth keeping go to docs/measurements.md.",
        path.display()
    );
    Ok(())
}

fn revision(place: &Place) -> String {
    let describe = Run::new(place, "git").words("describe --always --dirty").read();
    describe.map_or_else(
        |_| "revision unknown".to_owned(),
        |text| format!("revision {}", text.trim()),
    )
}
