//! From keys and bytes to codes. No time; nothing that comes in can make it panic, or grow beyond the longest code.

pub(crate) mod code;
mod layout;
pub(crate) mod sent;
pub(crate) mod typed;

#[cfg(test)]
mod tests;
