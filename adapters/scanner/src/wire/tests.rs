//! Codes typed and sent: by example, by property, and anything at all.

mod fuzz;
mod keyboard;
mod serial;

use super::code::ScanResult;

/// What was read, in a few words.
fn told(read: &ScanResult) -> String {
    match read {
        ScanResult::Code(code) => code.text().to_owned(),
        ScanResult::Garbage(why) => format!("{why:?}"),
    }
}
