//! Printers: tickets, badges and reports as images of dots, over ESC/POS, ZPL or IPP.
//!
//! **Devices**: receipt printers that understand ESC/POS with `GS v 0` (58 and 80 mm, 203 dpi) over TCP 9100, USB
//! (`/dev/usb/lp0`) or a serial port; label printers that understand ZPL II over the same; driverless printers (IPP
//! Everywhere, PWG raster), CUPS queues included.
//!
//! **Observes**: paper, cover, and what else keeps a printer from printing, as `printer.state` where it changes; the device
//! is degraded meanwhile (`paper_low`, `paper_out`, `cover_open`, `cutter`, `head_hot`, `ribbon_out`, `jam`, `paused`,
//! `broken`, `offline`). Looked at every ten seconds, before and after each sheet, and whenever the printer says so itself.
//!
//! **Commands**: `print.ticket`, `print.badge`, `print.report`, `print.test`; `device.test`; `device.identify` where
//! something hangs on the drawer connector. A sheet goes over the line once. `rejected`: nothing of it was printed, for
//! certain, and another printer may be asked; the detail is one of the words above, or `offline`, `silent`, `unreachable`,
//! `too_long`, `code_too_long`, `unmappable`, `format`, `resolution`, `media`, `unsupported`, `busy`, `refused`. `failed` with `hardware`: begun,
//! and known not to be whole. `failed` with `timed_out` and `no_answer`: nobody knows. `ok`: the printer said that it is out;
//! with the detail `unconfirmed` it was handed over to one that never says anything (`status: none`).
//!
//! **Sheets**: laid out once for every printer; Latin, Greek and Cyrillic without shaping. A ticket is set smaller before it
//! is longer than 90 mm, but its number is never less than 12 mm high. The print's id stands small at the end, the mark of
//! a copy before it.
//!
//! **Known limits**: other scripts come out as boxes; an ESC/POS printer that ignores `DLE DC4 8` may finish an abandoned
//! sheet when it is given paper; ZPL printers are believed that nothing waits means that it is out; the colours, trays and
//! sides of IPP printers are left alone; nothing here is encrypted but IPP over TLS.
//!
//! **Level**: silver. Evidence: the scripts of `src/tests`, property and fuzz tests of `wire`; over real sockets against the
//! simulated printers, of which npm `receiptio` accepts the ESC/POS one; sheets decoded and read by `zbarimg` and
//! `tesseract`, labels rendered by npm `zpl-renderer-js`, pages taken by `ippeveprinter`, in `tests/site`. Short of gold: no
//! discovery, no redacted diagnostics, never run against a device.

mod driver;
mod faces;
mod imprint;
mod layout;
mod printer_status;
mod raster;
mod settings;
mod wire;

use adapter_sdk::{Adapter, AdapterManifest, DriverContext, Plan, SettingsError, SupportedActions};
use faces::Faces;
use std::{sync::Arc, time::Duration};

/// The adapter.
pub const ADAPTER: &dyn Adapter = &Printer;

const MANIFEST: AdapterManifest = AdapterManifest {
    id: "printer",
    title: "Printers (ESC/POS, ZPL, IPP)",
    vendors: &[
        "Epson", "Star", "Citizen", "Bixolon", "Xprinter", "Zebra", "TSC", "HP", "Canon",
    ],
    version: env!("CARGO_PKG_VERSION"),
    kinds: &["printer"],
    actions: driver::PrinterAction::NAMES,
    settings_schema: settings::SCHEMA,
};

/// The printer is looked at every ten seconds.
const LEASE: Duration = Duration::from_secs(45);

#[derive(Debug)]
struct Printer;

impl Adapter for Printer {
    fn manifest(&self) -> &'static AdapterManifest {
        &MANIFEST
    }

    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let settings = Arc::new(settings::Settings::parse(settings)?);
        let faces =
            Faces::load().map_err(|error| SettingsError(format!("the embedded typeface is broken: {error}")))?;
        let faces = Arc::new(faces);
        Ok(Plan {
            wants: settings.wants.clone(),
            lease: LEASE,
            drive: Box::new(move |context: DriverContext| {
                Box::pin(driver::drive(Arc::clone(&settings), Arc::clone(&faces), context))
            }),
        })
    }
}

#[cfg(test)]
mod tests;
