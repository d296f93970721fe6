//! The one condition that picks the last version of each document out of the table.

/// Keeps the last version of each document.
pub(super) const LATEST: &str =
    "version = (SELECT max(version) FROM document d WHERE d.edge = document.edge AND d.id = document.id)";
