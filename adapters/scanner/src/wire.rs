//! From keys and bytes to codes. No time; nothing that comes in can make it panic, or grow beyond the longest code.

pub(crate) mod code;
pub(crate) mod keyboard;
mod layout;
pub(crate) mod serial;

#[cfg(test)]
mod tests;
