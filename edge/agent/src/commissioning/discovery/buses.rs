//! The box's own ports: serial, USB printers, keyboards that may be scanners, GPIO chips.
//!
//! Nothing is opened: names only.

use super::DiscoveredDevice;
use crate::commissioning::text::plain;
use std::path::Path;

/// What a name must be like.
type NameFilter = fn(&str) -> bool;

/// Folders below `/dev`, what a name there must be like, and what such a thing is.
const BUSES: &[(&str, NameFilter, &str)] = &[
    ("serial/by-id", |_| true, "serial port"),
    (
        "",
        |name| name.starts_with("ttyUSB") || name.starts_with("ttyACM"),
        "serial port",
    ),
    ("usb", |name| name.starts_with("lp"), "USB printer"),
    ("input/by-id", |name| name.contains("kbd"), "keyboard or scanner"),
    ("", |name| name.starts_with("gpiochip"), "GPIO chip"),
];

/// Lists what is below `dev`.
pub(super) fn list(dev: &Path) -> Vec<DiscoveredDevice> {
    let mut found = Vec::new();
    for (folder, fits, what) in BUSES {
        let folder = if folder.is_empty() {
            dev.to_owned()
        } else {
            dev.join(folder)
        };
        // A machine without such a bus has no such folder.
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let Some(name) = entry.file_name().to_str().filter(|name| fits(name)).map(str::to_owned) else {
                continue;
            };
            let leads_to = std::fs::read_link(entry.path()).ok();
            let leads_to = leads_to.and_then(|link| Some(link.file_name()?.to_str()?.to_owned()));
            found.push(DiscoveredDevice {
                by: "bus",
                place: plain(&entry.path().display().to_string()),
                what: (*what).to_owned(),
                says: leads_to.map_or_else(String::new, |name| plain(&name)),
            });
            tracing::trace!(name, "on a bus");
        }
    }
    found
}
