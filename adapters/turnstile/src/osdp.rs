//! OSDP v2 readers on RS-485, with the secure channel and nothing without it.
//!
//! Never a plaintext fallback: what comes outside the secure channel is believed by nobody. Never the default key outside
//! a timed enrolment. No key stands in an error, a log or a `Debug` text.
//!
//! Facts: SIA OSDP 2.2 (frames §5, commands §6, replies §7, secure channel Annex D), facts/devices.md §3.3 and the
//! conversations recorded between the PyPI packages `osdp` and `libosdp`.

mod exchange;
mod handshake;
mod indication;
mod key;
mod reader_outputs;
mod reader_session;
mod reader_slot;
mod readers;
mod secure_channel;
mod session;
mod settings;
mod wire;

pub(crate) use reader_outputs::{OutputError, ReaderOutputs};
pub(crate) use readers::OsdpReaders;
pub(crate) use settings::OsdpBusSettings;
pub(crate) use wire::command::Switch;

#[cfg(test)]
mod tests;
