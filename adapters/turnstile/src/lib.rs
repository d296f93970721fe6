//! Turnstiles and doors with readers: a relay board, pins or the readers' own outputs that let people through.
//!
//! **Devices**: gates with inputs for relays ("Unlock A", "Unlock B") and contacts for what they saw (PASS A, PASS B, READY,
//! ALARM, detector, fire), as PERCo, Castle and TANSA build them; relay boards that speak Modbus TCP or RTU, among them
//! Waveshare's; pins of the edge itself; Wiegand readers of 26 and 34 bits; OSDP v2 readers on RS-485, up to eight on a bus.
//!
//! **OSDP**: the secure channel or nothing. Each reader has a key of its own in the settings; one that refuses the channel
//! (`reader_insecure`), has another key (`reader_wrong_key`) or the one that everybody knows (`reader_default_key`) is told of
//! once, believed in nothing and asked again after five minutes. A new reader is given its key in the quarter of an hour
//! before its `enrol_until`, at no other time. An output of a reader opens by the reader's own timer, so a crash leaves nothing
//! open, and is switched off at the beginning of each session.
//!
//! **Asks**: whether a card may pass is ruled by the site (`edge/access`, by the `keys` of these settings); this adapter only
//! asks, shows and carries out. First it is on disk that somebody may pass, then the relay moves, within two seconds of the
//! card or not at all: no answer is no. Door 1 is side A, door 2 is side B.
//!
//! **Observes**: each grant of the site ends in `access.entered` or `access.not_entered` (no PASS in
//! time), at a side whose PASS is wired; a PASS without a grant, or the gate's alarm, is `access.forced`; a PASS or detector that stays is `access.held`; the
//! fire input is `access.opened` and `access.closed` by `fire`. No card number is told, not even of unknown cards.
//!
//! **Fire**: the hardware opens the gate, we only watch. While the input is active nothing is driven, commands are refused
//! with `policy`, cards are ignored, and grants under way end as not entered. It is said once in each run of the driver.
//!
//! **Commands**: `access.open`, `device.test`. What opens is written once, right after a look at the clock, and never repeated.
//!
//! **Safe**: every output is inactive at the start, after each reconnect and at the end. Where a board ends pulses by itself
//! (`"pulse": "flash"`) a crash in the middle leaves nothing open. With `"pulse": "coil"` the edge ends them: killed in the
//! middle, it leaves the gate open until it is back, about a second later; the same goes for pins in a kernel that keeps the
//! level of a line given back. A grant that a crash interrupts has no end on record.
//!
//! **Known limits**: a PASS shorter than `poll_ms` (default 50) is not seen over Modbus; a Wiegand card is whole after a silence
//! of `gap_ms` (default 30), or at once where `bits` says how many it has; Modbus and Wiegand have neither
//! encryption nor names, so the wires and the segment must be out of reach; Wiegand formats other than 26 and 34 bits are
//! refused, over OSDP too, where keypads, cards as text and a reader's inputs are not read; a card whose grant is still open is
//! not told again while it stays at its reader; a card shown while its reader was in no session, or while the gate has more
//! cards than it can take, has to be shown again.
//!
//! **Level**: silver. Evidence: scripts and properties of the gate's state machine; the driver against a fake board and fake
//! pins with the clock paused; property and fuzz tests of `wire`; over real sockets and serial lines against the simulated
//! gate (`tests/world`), against PyPI `pymodbus` as a server over TCP and RTU, and `pymodbus` as a client of the simulated
//! board, in `tests/site`; for OSDP a recorded conversation of PyPI `osdp` with `libosdp` opened byte for byte, `libosdp` as a
//! reader over a pseudo-terminal (secure channel, key set, wrong key, its output), and simulated readers that PyPI `osdp`
//! accepts as a panel. Short of gold: no discovery, no redacted diagnostics, never run on a real gate.

mod driver;
mod gate_io;
mod meaning;
mod osdp;
mod passage;
mod reader;
mod readers;
mod settings;
mod wire;

use adapter_sdk::{Adapter, AdapterManifest, DriverContext, Plan, SettingsError, SupportedActions};
use std::{sync::Arc, time::Duration};

/// The adapter.
pub const ADAPTER: &dyn Adapter = &Turnstile;

const MANIFEST: AdapterManifest = AdapterManifest {
    id: "turnstile",
    title: "Turnstiles and doors behind relays, with Wiegand and OSDP readers",
    vendors: &["PERCo", "Castle", "TANSA", "Waveshare"],
    version: env!("CARGO_PKG_VERSION"),
    kinds: &["gate", "door"],
    actions: driver::GateAction::NAMES,
    settings_schema: settings::SCHEMA,
};

/// A gate says every five seconds that it is alive.
const LEASE: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct Turnstile;

impl Adapter for Turnstile {
    fn manifest(&self) -> &'static AdapterManifest {
        &MANIFEST
    }

    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let settings = Arc::new(settings::Settings::parse(settings)?);
        Ok(Plan {
            wants: settings.wants(),
            lease: LEASE,
            drive: Box::new(move |context: DriverContext| Box::pin(driver::drive(Arc::clone(&settings), context))),
        })
    }
}

#[cfg(test)]
mod tests;
