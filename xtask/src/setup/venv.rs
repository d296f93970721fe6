//! Python environments, one per purpose, made anew when their requirements or the Python change.

use crate::place::{Place, Venv};
use crate::run::Run;
use anyhow::{Context, Result};
use std::fs;

/// Makes the environment unless it is there already, exactly as required.
pub(crate) fn make(place: &Place, venv: Venv) -> Result<()> {
    let (folder, file) = (place.venv(venv), place.requirements(venv));
    let requirements = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let python = Run::new(place, "python3").arg("--version").read()?;
    let (stamp, wanted) = (folder.join("ostona.stamp"), stamp(&python, &requirements));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    println!(
        "making the Python environment {}, which takes a minute…",
        folder.display()
    );
    Run::new(place, "python3").words("-m venv --clear").arg(&folder).go()?;
    let pip = Run::new(place, folder.join("bin/python")).words("-m pip install --quiet --disable-pip-version-check");
    pip.arg("--requirement")
        .arg(&file)
        .go()
        .with_context(|| format!("cannot install what {} lists", file.display()))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// What an environment was made from: written last, so that one half made is made again.
pub(crate) fn stamp(python: &str, requirements: &str) -> String {
    let packages = requirements
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::once(python.trim())
        .chain(packages)
        .map(|line| format!("{line}\n"))
        .collect()
}
