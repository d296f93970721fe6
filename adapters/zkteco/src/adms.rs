//! ZKTeco terminals that push: they call the edge's LAN port over HTTP (ADMS, "iclock"), and nobody calls them.
//!
//! **Devices**: terminals with a "cloud server" or "ADMS" setting (facts from conversations of a SpeedFace-V5L, ZAM180-NF
//! 1.1.17, and of the servers `s0x90/zkteco-adms` and `msaied/zkteco-php`). They are known by their serial number alone,
//! so an administrator adds each; what a stranger sends is never read (`edge/lan`).
//!
//! **Observes**: attendance rows (`ATTLOG`) and the rows of access panels (`RTLOG`, also where it comes under another
//! table's name), each once and told "OK" only when it is on disk. Rows that cannot be read are left out, counted and
//! complained about as `unreadable_rows`; good ones around them are kept. Faces, fingers, pictures, PINs, card numbers and
//! names are dropped as they come; the device is not asked for any.
//!
//! **Numbers of rows**: packed device time (as the standalone protocol packs it) × 2^20 + place within the second × 2^15 +
//! the low bits of a digest of the row. So our mark names the newest row on disk: a body told again after a restart is
//! recognised by it, up to it, and within a run rows are recognised by what they say. A row older than the mark is new
//! unless it is told again: it begins a new generation of the log (`#2`, `#3`…), as a clock that was set back does. After
//! the device registered it may begin anywhere: then nothing older than the mark is new until something newer came.
//!
//! **Commands**: `device.reboot`, `device.test` (`INFO`), `device.time.sync` (`CHECK`: the device registers again and
//! takes its clock from our `Date`), and, where the settings say the model has it, `access.open` (`AC_UNLOCK`). The device
//! fetches a command when it asks next: the clock is looked at in that moment, and what it did not fetch in time expires.
//! `Shell` exists in the protocol and nowhere in this code.
//!
//! **People**: where the settings hold `people`, the device holds exactly those: its users are asked for, missing and
//! different ones written, others removed, also such as are enrolled at the device later. Administrators are left alone.
//!
//! **Known limits**: no encryption and no authentication beyond the serial number: isolate these terminals in a network of
//! their own. `tabledata` users of access panels are not synced. Operation logs are acknowledged and not kept. Rows that a
//! device tells out of order and that nobody had yet are taken for repeated ones in two cases: right after a restart of
//! the edge, before our mark in the body that holds it; and after the device registered, until something newer came.
//!
//! **Level**: silver. Evidence: the scripts of `adms/tests`, recorded conversations and fuzz tests of the rows, properties
//! of the numbers; over a real edge and real sockets against the simulated terminal in `tests/site`, which also checks the
//! recorded conversations. Short of gold: no vendor's server or device was at hand, no redacted diagnostics.

mod answers;
mod conversation;
mod meaning;
mod order_queue;
mod orders;
mod people;
mod rows;
mod settings;
mod upload_cursor;

use adapter_sdk::{
    Adapter, AdapterManifest, CallTarget, DriverContext, LineSpec, Plan, SettingsError, SupportedActions,
};
use std::sync::Arc;

/// The adapter.
pub const ADMS: &dyn Adapter = &Adms;

/// Where such terminals call: the first segment of the path, and the query key that names the caller.
pub const CALLS: (&str, &str) = ("iclock", "SN");

const MANIFEST: AdapterManifest = AdapterManifest {
    id: "zkteco-adms",
    title: "ZKTeco terminals that push (ADMS)",
    vendors: &["ZKTeco"],
    version: env!("CARGO_PKG_VERSION"),
    kinds: &["terminal", "gate"],
    actions: crate::action::ZkAction::NAMES,
    settings_schema: settings::SCHEMA,
};

#[derive(Debug)]
struct Adms;

impl Adapter for Adms {
    fn manifest(&self) -> &'static AdapterManifest {
        &MANIFEST
    }

    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let settings = Arc::new(settings::Settings::parse(settings)?);
        let (prefix, key) = CALLS;
        Ok(Plan {
            wants: LineSpec::Calls(CallTarget {
                prefix,
                key,
                name: settings.serial.clone(),
            }),
            lease: settings.lease(),
            drive: Box::new(move |context: DriverContext| {
                Box::pin(conversation::drive(Arc::clone(&settings), context))
            }),
        })
    }
}

#[cfg(test)]
mod tests;
