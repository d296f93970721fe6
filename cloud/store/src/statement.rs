//! One SQL text for both engines: `$1` parameters, and column types by what they hold.
//!
//! SQLite takes `$1` for a *name* numbered by first appearance and would bind silently wrong values; `?1` is a number.

/// Writes `$n` as `?n`, outside of quoted text.
pub(crate) fn for_sqlite(sql: &str) -> String {
    let mut quoted = false;
    sql.chars()
        .map(|character| match character {
            '\'' => {
                quoted = !quoted;
                character
            }
            '$' if !quoted => '?',
            _ => character,
        })
        .collect()
}

/// Puts SQLite's column types into a table definition: `{uuid} {time} {json} {bytes} {serial}`.
pub(crate) fn ddl_for_sqlite(template: &str) -> String {
    template
        .replace("{uuid}", "BLOB")
        .replace("{time}", "INTEGER")
        .replace("{json}", "TEXT")
        .replace("{bytes}", "BLOB")
        .replace("{serial}", "INTEGER PRIMARY KEY")
}
