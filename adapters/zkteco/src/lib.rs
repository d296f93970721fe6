//! ZKTeco attendance and access terminals over their standalone protocol (TCP or UDP port 4370).
//!
//! **Devices**: standalone terminals of the ZEM and ZMM platforms (facts from recordings of a K20 and an iFace702, and from
//! the clients `pyzk` and `node-zklib`). Terminals that push over HTTP (ADMS) are another adapter of this crate: `adms`.
//!
//! **Observes**: the attendance log, each record once and in the device's order: what was missed is read when the line is
//! back, what happens now is announced by a live event and then read from the log as well. Records become
//! `access.granted`; persons are the numbers people know (never the slot); names, PINs and card numbers of the device are
//! never taken over. Each fact carries the raw pair (verified, state) and the device's own time.
//!
//! **Numbers of records**: the log has none, so each record's is `max(previous + 1, packed device time × 4096)`, counted
//! from the log's beginning. It only grows, also where the clock is set back, and comes out the same at every reading. A
//! log in which our mark is no longer found was wiped: it goes on under a new name (`#2`, `#3`…).
//!
//! **Commands**: `access.open` (door 1), `device.reboot`, `device.time.sync`, `device.test`. What actuates is written once,
//! right after a look at the clock, and never repeated.
//!
//! **People**: where the settings hold `people`, the device holds exactly those: missing ones are written, others removed.
//! Administrators of the device are left alone.
//!
//! **Known limits**: the protocol has no encryption, and the comm key hides nothing from whoever listens; denied attempts
//! stand in no log of these devices; fingerprints, faces and time zones are not synced; PINs longer than the layout holds
//! are refused; a full log that overwrites itself is read whole at most once a minute.
//!
//! **Level**: silver. Evidence: the scripts of `src/tests`, property and fuzz tests of `wire`, comm-key vectors recorded
//! from `pyzk`; over real sockets against the simulated terminal, which PyPI `pyzk` and npm `node-zklib` accept, in
//! `tests/site`. Short of gold: no discovery, no redacted diagnostics, never run against a device.

mod action;
mod adms;
mod driver;
mod meaning;
mod settings;
mod terminal_fault;
mod wire;

use adapter_sdk::{Adapter, AdapterManifest, DriverContext, LineSpec, Plan, SettingsError, SupportedActions};
use settings::Transport;
use std::{sync::Arc, time::Duration};

pub use adms::{ADMS, CALLS as ADMS_CALLS};

/// The adapter.
pub const ADAPTER: &dyn Adapter = &Zkteco;

const MANIFEST: AdapterManifest = AdapterManifest {
    id: "zkteco",
    title: "ZKTeco terminals (standalone protocol, port 4370)",
    vendors: &["ZKTeco"],
    version: env!("CARGO_PKG_VERSION"),
    kinds: &["terminal", "gate"],
    actions: action::ZkAction::NAMES,
    settings_schema: settings::SCHEMA,
};

/// The device is looked at every ten seconds.
const LEASE: Duration = Duration::from_secs(45);

#[derive(Debug)]
struct Zkteco;

impl Adapter for Zkteco {
    fn manifest(&self) -> &'static AdapterManifest {
        &MANIFEST
    }

    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let settings = Arc::new(settings::Settings::parse(settings)?);
        let target = settings.target.clone();
        Ok(Plan {
            wants: match settings.transport {
                Transport::Tcp => LineSpec::Tcp(target),
                Transport::Udp => LineSpec::Udp(target),
            },
            lease: LEASE,
            drive: Box::new(move |context: DriverContext| Box::pin(driver::drive(Arc::clone(&settings), context))),
        })
    }
}

#[cfg(test)]
mod tests;
