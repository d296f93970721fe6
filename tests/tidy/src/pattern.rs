//! Folder patterns of the tables: `edge/*` is every folder directly in `edge`, `*` is everything.

/// Whether the folder fits the pattern.
pub fn fits(pattern: &str, folder: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => pattern == folder,
        Some("") => true,
        Some(stem) => folder
            .strip_prefix(stem)
            .is_some_and(|name| !name.is_empty() && !name.contains('/')),
    }
}

/// Whether the folder fits one of the patterns.
pub fn fits_any(patterns: &[&str], folder: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, folder))
}
