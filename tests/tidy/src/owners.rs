//! One library, one owner: what a crate of somebody else's may be used by.
//!
//! So that replacing redb, rumqttd or SQLite is a change in one folder.

use crate::pattern::fits_any;
use crate::{Finding, Tree, crates};

/// Libraries and the folders that may name them, in any kind of dependency.
const OWNERS: &[(&str, &[&str])] = &[
    ("redb", &["edge/journal"]),
    ("rumqttd", &["edge/broker"]),
    ("rumqttc", &["edge/broker", "tests/*"]),
    ("serialport", &["edge/devices"]),
    ("tokio-serial", &["edge/devices"]),
    ("evdev", &["edge/devices"]),
    ("rppal", &["edge/devices"]),
    ("gpiocdev", &["edge/devices"]),
    ("tokio-modbus", &["edge/devices"]),
    ("mdns-sd", &["edge/agent"]),
    ("reqwest", &["edge/uplink", "edge/devices", "edge/updater", "tests/*"]),
    ("sysinfo", &["edge/vitals"]),
    ("ed25519-dalek", &["protocol", "tests/*"]),
    ("rusqlite", &["cloud/store"]),
    ("libsqlite3-sys", &["cloud/store"]),
    ("tokio-postgres", &["cloud/store"]),
    ("deadpool-postgres", &["cloud/store"]),
    (
        "anyhow",
        &["edge/agent", "edge/updater", "cloud/relay", "xtask", "tests/*"],
    ),
];

/// Rule: a library is named by its owners' manifests only.
pub fn own_their_libraries(tree: &Tree) -> Vec<Finding> {
    let (crates, mut findings) = crates::read(tree);
    for one in &crates {
        for dependency in &one.dependencies {
            let owners = OWNERS.iter().find(|(library, _)| *library == dependency.package);
            let Some((library, owners)) = owners else { continue };
            if !fits_any(owners, &one.folder) {
                let says = format!(
                    "{library} belongs to {}. Ask its owner for what {} needs.",
                    owners.join(", "),
                    one.folder
                );
                findings.push(Finding::at(format!("{}/Cargo.toml", one.folder), says));
            }
        }
    }
    findings
}

/// Crates with a library half and a binary half, and the sources of the binary half: the only ones that say `anyhow`.
const WIRING: &[(&str, &[&str])] = &[("cloud/relay/src/", &["main.rs", "wiring.rs", "settings.rs"])];

/// Rule: in the crates that are a library too, `anyhow` stays in main and wiring; callers of the rest match on errors.
pub fn keep_anyhow_in_the_wiring(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.sources() {
        let Some((source, wiring)) = WIRING
            .iter()
            .find_map(|(root, wiring)| Some((path.strip_prefix(root)?, wiring)))
        else {
            continue;
        };
        if wiring.contains(&source) {
            continue;
        }
        let used = tree.tokens(path).iter().find(|token| token.is("anyhow"));
        findings.extend(used.map(|token| {
            Finding::at_line(
                path,
                token.line,
                "uses anyhow. Give the module an error enum that callers can match on.",
            )
        }));
    }
    findings
}
