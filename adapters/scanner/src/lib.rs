//! Code scanners: those that type like a keyboard (USB HID) and those that send lines (USB CDC, RS-232).
//!
//! **Devices**: any scanner that types on a US layout and ends a code with Enter, or sends ASCII and ends a code with CR, LF
//! or both. A typing scanner is taken for the edge alone (`EVIOCGRAB`), so nothing it types reaches a screen.
//!
//! **Observes**: `device.scanned`, one per code: its SHA-256 and its length. The text itself is somebody's credential or
//! anybody's mischief (a QR code is input of whoever printed it, cf. CVE-2023-3938), so it goes nowhere, and is wiped.
//!
//! **Bounds**: a code is 1 to `max_len` bytes of printable ASCII, each within `gap_ms` of the one before. Whatever breaks a
//! bound is thrown away whole, up to its end or the next pause, and counted; five in a row make the device degraded, for
//! it is set to another speed or layout. A code that is held before the scanner, or shown again within `repeat_ms`, is
//! one scan. At most 32 codes wait for the disk; beyond that they are thrown away and counted as well.
//!
//! **Commands**: `device.test` tells the counts since the device was taken.
//!
//! **Known limits**: no other layout than US, no Alt codes and no caps lock (codes typed so are thrown away); no suffix but
//! Enter, CR and LF, no STX/ETX frames; scanners that answer commands are not asked anything. What is scanned while the
//! edge is away, or its disk is full, is lost: scanners keep nothing.
//!
//! **Level**: silver. Evidence: the scripts of `src/tests` with the clock paused (happy, silent, cut off, busy, garbage),
//! property and fuzz tests of `wire`; through the edge's own lines against a simulated scanner that PyPI `pyserial` reads
//! (`tests/site/tests/scanner.rs`), and against USB keyboards and serial ports of a real kernel
//! (`tests/site/tests/pins.rs`, where its kernel was built). Short of gold: no discovery, never run against a device.

mod driver;
mod settings;
mod wire;

use adapter_sdk::{Adapter, AdapterManifest, DriverContext, Plan, SettingsError, SupportedActions};
use std::{sync::Arc, time::Duration};

/// The adapter.
pub const ADAPTER: &dyn Adapter = &Scanner;

const MANIFEST: AdapterManifest = AdapterManifest {
    id: "scanner",
    title: "Code scanners (USB keyboard or serial)",
    vendors: &["any"],
    version: env!("CARGO_PKG_VERSION"),
    kinds: &["scanner"],
    actions: driver::ScannerAction::NAMES,
    settings_schema: settings::SCHEMA,
};

/// The driver says every twenty seconds that the scanner is still plugged in.
const LEASE: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Scanner;

impl Adapter for Scanner {
    fn manifest(&self) -> &'static AdapterManifest {
        &MANIFEST
    }

    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let settings = Arc::new(settings::Settings::parse(settings)?);
        Ok(Plan {
            wants: settings.line.wants(),
            lease: LEASE,
            drive: Box::new(move |context: DriverContext| Box::pin(driver::drive(Arc::clone(&settings), context))),
        })
    }
}

#[cfg(test)]
mod tests;
