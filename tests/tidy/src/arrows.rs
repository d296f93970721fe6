//! Which crate may depend on which: the arrows of the architecture, all others forbidden.
//!
//! The table is the whole truth, and unit tests may follow its arrows further than one step; a new arrow is a commit of its own that says why and changes docs/architecture.md too.

use crate::crates::{self, Crate, Kind};
use crate::pattern;
use crate::{Finding, Tree, apps};

/// Folders, and what they may depend on. The first row that fits a crate is the one that counts.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("adapters/sdk", &["protocol"]),
    ("adapters/*", &["protocol", "adapters/sdk"]),
    (THE_APPS, apps::APP_KNOWS),
    ("edge/app", &["protocol"]),
    ("edge/journal", &["protocol", "edge/seal"]),
    ("edge/kernel", &["protocol", "edge/app", "edge/journal", THE_APPS]),
    ("edge/backoff", &[]),
    ("edge/seal", &[]),
    ("edge/atomic-file", &[]),
    ("edge/devices", &["protocol", "adapters/sdk", "edge/backoff"]),
    (
        "edge/uplink",
        &[
            "protocol",
            "edge/kernel",
            "edge/backoff",
            "edge/atomic-file",
            "edge/seal",
        ],
    ),
    ("edge/broker", PORTED),
    ("edge/words", &[]),
    (
        "edge/lan",
        &["protocol", "edge/kernel", "edge/words", "edge/atomic-file"],
    ),
    ("edge/kiosk", &["protocol", "edge/lan", "edge/words"]),
    ("edge/announce", ANNOUNCE),
    ("edge/queue-screens", QUEUE_SCREENS),
    ("edge/vitals", PORTED),
    ("edge/updater", &["protocol"]),
    ("edge/agent", &["protocol", "edge/*", "adapters/*"]),
    ("cloud/store", &["protocol"]),
    ("cloud/admin", &["protocol", "cloud/store"]),
    ("cloud/http", &["cloud/admin"]),
    ("cloud/api", ROUTES),
    ("cloud/console", ROUTES),
    ("cloud/public", ROUTES),
    ("cloud/relay", &["protocol", "cloud/*"]),
    ("tests/tidy", &["protocol"]),
    ("tests/*", &["*"]),
    ("xtask", &[]),
];
/// Every app of the list in `apps`.
const THE_APPS: &str = "the apps";
/// A domain's screens stand on the LAN port, the kiosk, the voice, and their own apps; never on another domain's screens.
const QUEUE_SCREENS: &[&str] = &[
    "protocol",
    "edge/kernel",
    "edge/lan",
    "edge/kiosk",
    "edge/announce",
    "edge/queue",
    "edge/prints",
    "edge/words",
];
/// The voice and signage keep files of their own.
const ANNOUNCE: &[&str] = &["protocol", "edge/kernel", "edge/lan", "edge/words", "edge/atomic-file"];
/// Talks to the kernel through its port types.
const PORTED: &[&str] = &["protocol", "edge/kernel"];

/// Routes for people and programs: the use cases, the store's plain types, and what they share of HTTP; never each other.
const ROUTES: &[&str] = &["protocol", "cloud/store", "cloud/admin", "cloud/http"];

/// Arrows that a pattern of the table would allow and that are forbidden all the same.
const FORBIDDEN: &[(&str, &str)] = &[("edge/agent", "edge/updater")];

/// What the unit tests of any crate may use as well: the contract they speak and the kit that plays a device.
const FOR_UNIT_TESTS: &[&str] = &["protocol", "adapters/sdk"];

/// Rule: every dependency between our crates is an arrow of the table.
pub fn follow_the_table(tree: &Tree) -> Vec<Finding> {
    let (crates, mut findings) = crates::read(tree);
    let folders = crates::folders(&crates);
    for from in &crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(pattern, _)| fits(pattern, &from.folder)) else {
            let says =
                "is not in the table of arrows. Add its row to tests/tidy/src/arrows.rs and docs/architecture.md.";
            findings.push(Finding::at(from.folder.as_str(), says));
            continue;
        };
        for dependency in &from.dependencies {
            let Some(to) = folders.get(dependency.package.as_str()) else {
                continue;
            };
            if !is_allowed(from, to, dependency.kind, allowed) {
                findings.push(Finding::at(
                    format!("{}/Cargo.toml", from.folder),
                    advice(&from.folder, to, allowed),
                ));
            }
        }
    }
    findings
}

fn is_allowed(from: &Crate, to: &str, kind: Kind, allowed: &[&str]) -> bool {
    if FORBIDDEN.contains(&(from.folder.as_str(), to)) {
        return false;
    }
    match kind {
        Kind::Shipped => fits_any(allowed, to),
        Kind::Dev => fits_any(FOR_UNIT_TESTS, to) || reaches(allowed, to),
    }
}

/// Whether arrows lead there, directly or over others: a unit test may set up what its crate stands on.
fn reaches(allowed: &[&str], to: &str) -> bool {
    let rows = || ARROWS.iter().filter(|(pattern, _)| allowed.contains(pattern));
    fits_any(allowed, to) || rows().any(|(_, further)| reaches(further, to))
}

fn advice(from: &str, to: &str, allowed: &[&str]) -> String {
    let allowed = if allowed.is_empty() {
        "nothing of ours".to_owned()
    } else {
        allowed.join(", ")
    };
    format!(
        "{from} must not depend on {to}: it may depend on {allowed}. Take the dependency out and hand the thing in through \
         a port, or move the code to where the arrow exists."
    )
}

fn fits(pattern: &str, folder: &str) -> bool {
    if pattern == THE_APPS {
        apps::APPS.contains(&folder)
    } else {
        pattern::fits(pattern, folder)
    }
}

fn fits_any(patterns: &[&str], folder: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, folder))
}
