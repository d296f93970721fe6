//! Bytes of ISAPI turned into values and back: digest, multipart, JSON and XML bodies.
//!
//! Nothing here knows what time it is, remembers a conversation, or panics, whatever a device sends.

pub(crate) mod alert;
pub(crate) mod body;
pub(crate) mod clock;
pub(crate) mod digest;
pub(crate) mod door;
pub(crate) mod http_hosts;
pub(crate) mod identity;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod multipart;
pub(crate) mod search;
pub(crate) mod status;
mod xml;

#[cfg(test)]
mod tests;
