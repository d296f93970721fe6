//! `cargo xtask cross`: the edge for 64-bit ARM, built on x86_64 Debian by the recipe in `cross.toml`.
//!
//! It builds; it does not run what it built: the emulator of Debian 12 hangs on such binaries.

use crate::place::Place;
use crate::run::Run;
use crate::setup;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;

/// How to build for another processor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    /// Rust's name of the target.
    target: String,
    /// Debian's name of the architecture.
    architecture: String,
    /// Debian packages of the cross compiler.
    packages: Vec<String>,
    /// The compiler that knows the target.
    rustc: PathBuf,
    /// Links, and compiles C.
    linker: String,
    /// What to build.
    package: String,
    /// What comes out of it.
    binary: String,
}

/// Installs the cross compiler where it is missing, builds, and says where the binary lies.
pub(crate) fn run(place: &Place) -> Result<()> {
    let path = place.root().join("cross.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let recipe: Recipe = toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))?;
    setup::install(place, setup::CROSS)?;
    install(place, &recipe)?;

    let folder = place.target().join("cross");
    let variable = recipe.target.to_uppercase().replace('-', "_");
    Run::cargo(place, "build --release --package")
        .arg(&recipe.package)
        .arg("--target")
        .arg(&recipe.target)
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTC", &recipe.rustc)
        .env(&format!("CARGO_TARGET_{variable}_LINKER"), &recipe.linker)
        .env(&format!("CC_{}", recipe.target.replace('-', "_")), &recipe.linker)
        .go()?;
    println!(
        "{}",
        folder
            .join(&recipe.target)
            .join("release")
            .join(&recipe.binary)
            .display()
    );
    Ok(())
}

fn install(place: &Place, recipe: &Recipe) -> Result<()> {
    let query = Run::new(place, "dpkg-query")
        .words("--show")
        .words(&recipe.packages.join(" "))
        .read();
    if query.is_ok() {
        return Ok(());
    }
    let packages: Vec<&str> = recipe.packages.iter().map(String::as_str).collect();
    if !setup::may_install(place) {
        bail!(
            "the cross compiler is missing; as root: dpkg --add-architecture {} && apt-get update && apt-get install \
             --no-install-recommends {}",
            recipe.architecture,
            packages.join(" ")
        );
    }
    Run::new(place, "dpkg")
        .arg("--add-architecture")
        .arg(&recipe.architecture)
        .go()?;
    setup::fetch(place, &packages)
}
