//! `cargo xtask demo`: builds what the demo plays with, then becomes it, so that Ctrl-C reaches it alone.

use crate::clock::Since;
use crate::place::{Place, Profile};
use crate::run::Run;
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

/// Builds and plays; comes back only where it could not start.
pub(crate) fn run(place: &Place, args: &[String]) -> Result<()> {
    println!("Building the cloud, the edge and the simulated building. The first time takes some minutes.");
    let began = Since::now();
    let build = "build --package edge-agent --package cloud-relay --package tests-world --package tests-site --bins";
    Run::cargo(place, build).go()?;
    println!("Built in {}.\n", began.took());

    let mut demo = Run::new(place, place.binaries(Profile::Dev).join("ostona-demo")).into_command();
    demo.arg("--dir")
        .arg(place.cache().join("demo"))
        .args(args)
        .stdin(Stdio::inherit());
    Err(demo.exec()).context("cannot start the demo")
}
