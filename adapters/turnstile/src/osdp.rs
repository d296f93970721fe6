//! OSDP v2 readers on RS-485, with the secure channel and nothing without it.
//!
//! Never a plaintext fallback: what comes outside the secure channel is believed by nobody. Never the default key outside
//! a timed enrolment. No key stands in an error, a log or a `Debug` text.
//!
//! Facts: SIA OSDP 2.2 (frames §5, commands §6, replies §7, secure channel Annex D), facts/devices.md §3.3 and the
//! conversations recorded between the PyPI packages `osdp` and `libosdp`.

mod exchange;
mod handshake;
mod key;
mod reader_session;
mod reader_slot;
mod readers;
mod relay;
mod secure;
mod session;
mod settings;
mod show;
mod wire;

pub(crate) use relay::{Relay, RelayError};
pub(crate) use settings::Bus;
pub(crate) use wire::command::Switch;

#[cfg(test)]
mod tests;
