//! Codes typed and sent: by example, by property, and anything at all.

mod fuzz;
mod sent;
mod typed;

use super::code::Read;

/// What was read, in a few words.
fn told(read: &Read) -> String {
    match read {
        Read::Code(code) => code.text().to_owned(),
        Read::Garbage(why) => format!("{why:?}"),
    }
}
