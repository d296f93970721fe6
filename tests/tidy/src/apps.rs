//! The apps of the edge, and with them every crate that is pure: one list for arrows, purity and whatever else asks.

/// Folders of the apps, those to come as well. Each is pure and knows `protocol` and `edge/app`.
pub const APPS: &[&str] = &[
    "edge/roster",
    "edge/prints",
    "edge/queue",
    "edge/access",
    "edge/rooms",
    "edge/calls",
    "edge/staff",
];

/// What an app may depend on.
pub const APP_KNOWS: &[&str] = &["protocol", "edge/app"];

/// Whether a folder holds no IO, no clock and no async.
pub fn is_pure(folder: &str) -> bool {
    folder == "protocol" || folder == "edge/app" || APPS.contains(&folder)
}
