//! The bytes of the standalone protocol (TCP and UDP port 4370), read and written.
//!
//! No time, no state beyond a half-received frame, no panic: what a device sends may be anything.
//! Numbers are little-endian. Source of every fact not named otherwise: facts/devices.md §2.1.

pub(crate) mod attendance;
pub(crate) mod bulk;
pub(crate) mod commkey;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod realtime;
pub(crate) mod sizes;
pub(crate) mod time;
pub(crate) mod user;

#[cfg(test)]
mod tests;
