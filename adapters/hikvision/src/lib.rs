//! Hikvision access terminals, controllers and door stations over ISAPI (HTTP or HTTPS).
//!
//! **Devices**: terminals of the DS-K1T family (facts recorded from a DS-K1T342MWX and a DS-K1T502), access
//! controllers DS-K2, door stations DS-KV; of cameras only their event notices.
//!
//! **Observes**: the device's access log, each entry once and in the order of its numbers, whichever way it comes:
//! live on `alertStream`, pushed to the edge's LAN port, or searched (`AcsEvent`) for what happened while nobody
//! listened. Each fact carries the log's name (the serial number), the entry's number, the device's own time and its raw
//! pair of codes. `access.granted`, `.denied`, `.opened`, `.closed`, `.held`, `.forced`; everything else is
//! `device.custom` of kind `isapi.<major>.<minor>`. Persons are employee numbers; names, card numbers and pictures are
//! never taken over.
//!
//! **Commands**: `access.open` (where the device declares it), `device.reboot`, `device.time.sync`, `device.test`.
//! What actuates is written once, right after a look at the clock, and never repeated.
//!
//! **Known limits**: a log that was wiped and has grown past our mark before we look again cannot be told from the old
//! one, nor is a wiped log noticed on a device that cannot be searched; live entries wait while a long log is searched;
//! minor codes differ between firmwares (settings `codes`); no pictures; users and cards are not written; the
//! device's daylight saving rules are not read.
//!
//! **Level**: silver. Evidence: the scripts of `src/tests` (happy, silent, cut line, busy, garbage, wrong password, lock,
//! missed entries, wiped log); the recorded `alertStream` of a DS-K1T342MWX in `src/wire/tests`; PyPI `httpbin` for the
//! digest client and the simulated terminal, which PyPI `pyhik` and `hikvisionapi` accept, in `tests/site`. Short of gold:
//! no discovery, no redacted diagnostics, no recorded live capture.

mod driver;
mod meaning;
mod settings;
mod wire;

use adapter_sdk::{
    Adapter, AdapterManifest, DriverContext, DriverError, LineSpec, Plan, SettingsError, SupportedActions, http::Http,
};
use http::StatusCode;
use std::{sync::Arc, time::Duration};

/// The adapter.
pub const ADAPTER: &dyn Adapter = &Hikvision;

const MANIFEST: AdapterManifest = AdapterManifest {
    id: "hikvision",
    title: "Hikvision access terminals (ISAPI)",
    vendors: &["Hikvision"],
    version: env!("CARGO_PKG_VERSION"),
    kinds: &["terminal", "gate"],
    actions: driver::HikAction::NAMES,
    settings_schema: settings::SCHEMA,
};

#[derive(Debug)]
struct Hikvision;

impl Adapter for Hikvision {
    fn manifest(&self) -> &'static AdapterManifest {
        &MANIFEST
    }

    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let settings = Arc::new(settings::Settings::parse(settings)?);
        Ok(Plan {
            wants: LineSpec::Http(settings.target.clone()),
            lease: settings.stream_timeout() + Duration::from_secs(30),
            drive: Box::new(move |context: DriverContext| Box::pin(driver::drive(Arc::clone(&settings), context))),
        })
    }
}

/// One read-only request through the digest client, for trying it against servers that are no Hikvision device: at most
/// two whole exchanges, each with a challenge of its own, never Basic.
pub async fn digest_get(
    http: Arc<dyn Http>,
    username: &str,
    password: &str,
    target: &str,
) -> Result<StatusCode, DriverError> {
    let login = settings::DeviceLogin {
        username: username.to_owned().into(),
        password: password.to_owned().into(),
        basic: settings::BasicAuth::Refused,
    };
    let line = driver::client::IsapiClient::new(http, login);
    Ok(line
        .ask(&driver::client::IsapiRequest::get("trying the digest client", target))
        .await?
        .status)
}

#[cfg(test)]
mod tests;
