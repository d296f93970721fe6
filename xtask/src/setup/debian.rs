//! Debian packages: looked for by what they bring, installed where we may.

use crate::place::Place;
use crate::run::Run;
use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};

/// A Debian package and what it is for.
#[derive(Debug)]
pub(crate) struct Need {
    /// Its name.
    pub(crate) package: &'static str,
    /// How to tell that what it brings is there, from Debian or from elsewhere.
    pub(crate) shows: Shows,
    /// What it is for, for whoever has to install it.
    pub(crate) purpose: &'static str,
}

/// A sign that a package, or something as good, is installed.
#[derive(Debug)]
pub(crate) enum Shows {
    /// A program of this name.
    Program(&'static str),
    /// Modules of `python3`, by comma.
    PythonModules(&'static str),
    /// A file.
    File(&'static str),
}

/// What `cargo xtask test` needs.
pub(crate) const TEST: &[Need] = &[
    Need {
        package: "gcc",
        shows: Shows::Program("cc"),
        purpose: "links, and compiles SQLite, zstd and ring",
    },
    Need {
        package: "libc6-dev",
        shows: Shows::File("/usr/include/stdlib.h"),
        purpose: "headers for those",
    },
    Need {
        package: "python3",
        shows: Shows::Program("python3"),
        purpose: "runs the software of others that tests us",
    },
    Need {
        package: "python3-venv",
        shows: Shows::PythonModules("venv, ensurepip"),
        purpose: "keeps that software apart",
    },
    Need {
        package: "chromium",
        shows: Shows::Program("chromium"),
        purpose: "looks at the console as a person would",
    },
    Need {
        package: "espeak-ng",
        shows: Shows::Program("espeak-ng"),
        purpose: "speaks the placeholder words of the voice",
    },
    Need {
        package: "nodejs",
        shows: Shows::Program("node"),
        purpose: "runs more of that software",
    },
    Need {
        package: "npm",
        shows: Shows::Program("npm"),
        purpose: "installs it",
    },
];

/// What looks at sheets as people and their phones do, and prints pages.
pub(crate) const PRINTERS: &[Need] = &[
    Need {
        package: "zbar-tools",
        shows: Shows::Program("zbarimg"),
        purpose: "reads QR codes off sheets",
    },
    Need {
        package: "tesseract-ocr",
        shows: Shows::Program("tesseract"),
        purpose: "reads their text",
    },
    Need {
        package: "tesseract-ocr-uzb",
        shows: Shows::File("/usr/share/tesseract-ocr/5/tessdata/uzb.traineddata"),
        purpose: "in Uzbek",
    },
    Need {
        package: "tesseract-ocr-uzb-cyrl",
        shows: Shows::File("/usr/share/tesseract-ocr/5/tessdata/uzb_cyrl.traineddata"),
        purpose: "in Cyrillic too",
    },
    Need {
        package: "tesseract-ocr-rus",
        shows: Shows::File("/usr/share/tesseract-ocr/5/tessdata/rus.traineddata"),
        purpose: "in Russian",
    },
    Need {
        package: "tesseract-ocr-eng",
        shows: Shows::File("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata"),
        purpose: "in English",
    },
    Need {
        package: "cups-ipp-utils",
        shows: Shows::Program("ippeveprinter"),
        purpose: "prints pages over IPP",
    },
    Need {
        package: "avahi-daemon",
        shows: Shows::Program("avahi-daemon"),
        purpose: "without which it does not start",
    },
    Need {
        package: "dbus",
        shows: Shows::Program("dbus-daemon"),
        purpose: "without which that does not start",
    },
    Need {
        package: "iproute2",
        shows: Shows::Program("ip"),
        purpose: "sets up networks of their own",
    },
];

/// What `cargo xtask bench` needs.
pub(crate) const BENCH: &[Need] = &[Need {
    package: "mosquitto",
    shows: Shows::Program("mosquitto"),
    purpose: "the broker measured beside ours",
}];

/// What `cargo xtask cross` needs beside its recipe's packages.
pub(crate) const CROSS: &[Need] = &[Need {
    package: "gcc",
    shows: Shows::Program("cc"),
    purpose: "links what runs during the build",
}];

/// Installs what is missing; where we may not, an error that lists it with the command to run.
pub(crate) fn install(place: &Place, needs: &[Need]) -> Result<()> {
    let missing = missing(needs, |sign| is_there(place, sign));
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !may_install(place) {
        bail!("{}", advice(&missing));
    }
    fetch(place, &packages).with_context(|| advice(&missing))
}

/// Fetches packages with apt, whose lists are renewed first. Needs root.
pub(crate) fn fetch(place: &Place, packages: &[&str]) -> Result<()> {
    Run::new(place, "apt-get").words("-q update").go()?;
    let install = Run::new(place, "apt-get").words("-q install --yes --no-install-recommends");
    install
        .words(&packages.join(" "))
        .env("DEBIAN_FRONTEND", "noninteractive")
        .go()
}

/// Whether this process may install packages: root, on a system with apt.
pub(crate) fn may_install(place: &Place) -> bool {
    Run::new(place, "id").arg("-u").read().is_ok_and(|id| id.trim() == "0") && program("apt-get").is_some()
}

/// What is needed and not there.
pub(crate) fn missing(needs: &[Need], is_there: impl Fn(&Shows) -> bool) -> Vec<&Need> {
    needs.iter().filter(|need| !is_there(&need.shows)).collect()
}

/// What to tell somebody who has to install it.
pub(crate) fn advice(missing: &[&Need]) -> String {
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let purposes: String = missing
        .iter()
        .map(|need| format!("\n    {:<14}{}", need.package, need.purpose))
        .collect();
    format!(
        "Debian packages are missing:{purposes}\n    as root: apt-get install --no-install-recommends {}",
        packages.join(" ")
    )
}

fn is_there(place: &Place, sign: &Shows) -> bool {
    match sign {
        Shows::Program(name) => program(name).is_some(),
        Shows::File(path) => Path::new(path).exists(),
        Shows::PythonModules(modules) => Run::new(place, "python3")
            .arg("-c")
            .arg(format!("import {modules}"))
            .read()
            .is_ok(),
    }
}

/// Where a program lies, the system's folders that users seldom have in their path included.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}
