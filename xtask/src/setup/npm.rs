//! Packages of npm that tests run, exactly as their lock file says; made anew when it or Node changes.

use crate::place::Place;
use crate::run::Run;
use crate::setup::venv;
use anyhow::{Context, Result};
use std::fs;

/// Files that say what is installed.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs the packages unless they are there already.
pub(crate) fn make(place: &Place) -> Result<()> {
    let (folder, source) = (place.npm(), place.root().join("tests/site/peers/npm"));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut locked = String::new();
    for name in FILES {
        let file = source.join(name);
        locked += &fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    let node = Run::new(place, "node").arg("--version").read()?;
    let (stamp, wanted) = (folder.join("ostona.stamp"), venv::stamp(&node, &locked));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    for name in FILES {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    let npm = Run::new(place, "npm").words("ci --ignore-scripts --no-audit --no-fund --prefix");
    npm.arg(&folder)
        .go()
        .with_context(|| format!("cannot install what {} locks", source.display()))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
