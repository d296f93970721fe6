//! A test binary as cargo names it, and whether others may run beside it.

use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Test binaries that have the machine to themselves, and why.
const ALONE: &[(&str, &str, &str)] = &[
    ("tests-site", "clocks", "compares clocks"),
    ("tests-site", "console", "drives Chromium"),
    ("tests-site", "hall", "drives Chromium"),
    (
        "tests-site",
        "kills",
        "kills programs under as much load as the machine bears",
    ),
    ("tests-site", "kiosk", "drives Chromium"),
    ("tests-site", "osdp", "a reader on its bus has milliseconds to answer"),
    ("tests-site", "pins", "runs a virtual board"),
    ("tests-site", "recovery", "drives Chromium"),
    ("tests-site", "turnstile", "measures pulses"),
    ("tests-site", "turnstile_edge", "measures pulses"),
];

/// A built test binary. Those of `tests-site` come first: they take longest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Binary {
    order: Order,
    /// Its package.
    pub(crate) package: String,
    /// Its name within it.
    pub(crate) target: String,
    /// Its package's folder.
    pub(crate) folder: PathBuf,
    /// Where it lies.
    pub(crate) executable: PathBuf,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Long,
    Short,
}

/// A line of `cargo --message-format json`, as far as it is read.
#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl Binary {
    /// The binary a line names, where it names one of ours.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let artifact: Artifact = serde_json::from_str(line).ok()?;
        let executable = artifact.executable.filter(|_| artifact.profile.test)?;
        let package = package(&artifact.package_id);
        Some(Self {
            order: if package == "tests-site" {
                Order::Long
            } else {
                Order::Short
            },
            package,
            target: artifact.target.name,
            folder: artifact.manifest_path.parent().unwrap_or(Path::new(".")).to_owned(),
            executable,
        })
    }

    /// Whether it must have the machine to itself.
    pub(crate) fn is_alone(&self) -> bool {
        ALONE
            .iter()
            .any(|(package, target, _)| *package == self.package && *target == self.target)
    }
}

/// `path+file:///folder/tests/site#tests-site@0.1.0`, or without the name where the folder is called the same.
fn package(id: &str) -> String {
    let end = id.rsplit(['#', '/']).next().unwrap_or(id);
    let name = end.split('@').next().unwrap_or(end);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        let folder = id.split('#').next().unwrap_or(id);
        folder.rsplit('/').next().unwrap_or(folder).to_owned()
    } else {
        name.to_owned()
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.target)
    }
}
