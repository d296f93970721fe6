//! The kernel of the small virtual board: pins that can be pulled and a USB bus with both of its ends.
//!
//! No kernel that Debian ships has simulated pins. Built once into `.cache/vm`, from Debian's sources and
//! `xtask/vm/board_defconfig`: some seven minutes of one core. `tests/site/tests/pins.rs` runs on it.

use crate::{
    place::Place,
    run::Run,
    setup::debian::{self, Need, Shows},
};
use anyhow::{Context, Result, bail};
use std::fs;
use std::num::NonZeroUsize;

/// Whether the board's kernel is built where it is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Board {
    /// The test that needs it says that it was skipped.
    #[default]
    WhereBuilt,
    /// It is built.
    Always,
}

/// The kernel, as Debian packs it.
const SOURCE: &str = "linux-source-6.1";
const ARCHIVE: &str = "/usr/src/linux-source-6.1.tar.xz";

/// What building it and running the board needs.
const NEEDS: &[Need] = &[
    Need {
        package: SOURCE,
        shows: Shows::File(ARCHIVE),
        purpose: "the kernel of the virtual board",
    },
    Need {
        package: "qemu-system-x86",
        shows: Shows::Program("qemu-system-x86_64"),
        purpose: "is the board",
    },
    Need {
        package: "make",
        shows: Shows::Program("make"),
        purpose: "builds the kernel",
    },
    Need {
        package: "flex",
        shows: Shows::Program("flex"),
        purpose: "for its configuration",
    },
    Need {
        package: "bison",
        shows: Shows::Program("bison"),
        purpose: "for its configuration",
    },
    Need {
        package: "bc",
        shows: Shows::Program("bc"),
        purpose: "for its clock's constants",
    },
    Need {
        package: "libelf-dev",
        shows: Shows::File("/usr/include/libelf.h"),
        purpose: "for its objtool",
    },
    Need {
        package: "xz-utils",
        shows: Shows::Program("xz"),
        purpose: "unpacks and packs it",
    },
];

/// Builds the kernel, unless it is there already from the same sources and the same configuration.
pub(crate) fn build(place: &Place) -> Result<()> {
    if cfg!(not(target_arch = "x86_64")) {
        bail!("the virtual board is an x86_64: its kernel and its program are built on one");
    }
    debian::install(place, NEEDS)?;
    let folder = place.cache().join("vm");
    let (kernel, stamp) = (folder.join("bzImage"), folder.join("ostona.stamp"));
    let configuration = place.root().join("xtask/vm/board_defconfig");
    let wanted = wanted(
        place,
        &fs::read_to_string(&configuration).context("cannot read the configuration")?,
    )?;
    if kernel.is_file() && fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    println!("building the board's kernel, which takes some minutes…");
    let sources = folder.join("build");
    if sources.exists() {
        fs::remove_dir_all(&sources).context("cannot remove an older attempt")?;
    }
    fs::create_dir_all(&sources).with_context(|| format!("cannot make {}", sources.display()))?;
    Run::new(place, "tar")
        .words("xf")
        .arg(ARCHIVE)
        .arg("-C")
        .arg(&sources)
        .go()?;
    let tree = sources.join(SOURCE);
    fs::copy(&configuration, tree.join("arch/x86/configs/board_defconfig")).context("cannot put the configuration")?;
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    for work in ["board_defconfig", &format!("-j{workers} bzImage")] {
        let make = Run::new(place, "nice").words("-n 19 make --silent --directory");
        make.arg(&tree).words(work).go()?;
    }
    fs::copy(tree.join("arch/x86/boot/bzImage"), &kernel).context("cannot keep the kernel")?;
    fs::write(&stamp, wanted).context("cannot note what it was built from")?;
    fs::remove_dir_all(&sources).context("cannot remove the sources")
}

/// What a kernel is built from.
fn wanted(place: &Place, configuration: &str) -> Result<String> {
    let version = Run::new(place, "dpkg-query")
        .words("--show --showformat=${Version}")
        .arg(SOURCE);
    Ok(format!("{SOURCE} {}\n{configuration}", version.read()?.trim()))
}
