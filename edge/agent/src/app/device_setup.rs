//! What the devices' drivers are given, and which devices there are.

use super::start::random;
use crate::{
    catalog::catalog,
    clock::WallClock,
    device_auth::push_token,
    devices::Devices,
    enlist::CheckedDevice,
    publisher::DesiredPublication,
    settings::{DeviceSpec, Lan, Settings},
};
use edge_broker::DeviceCredentials;
use edge_devices::{Fleet, FleetContext, MarkLookup};
use edge_kernel::{DevicePresence, Port, Roster, Table};
use edge_lan::KnownCallers;
use protocol::{DeviceId, Document, document::MAX_BODIES, key::to_base64, signed_text::SignedText};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, OnceLock},
};
use tokio::sync::mpsc;

pub(super) fn given(
    port: &Port,
    clock: &Arc<WallClock>,
    happened: mpsc::Sender<edge_devices::DriverEvent>,
    push_base: Arc<OnceLock<Option<String>>>,
    secret: [u8; 32],
) -> anyhow::Result<FleetContext> {
    let port = port.clone();
    let resume: MarkLookup = Arc::new(move |device: DeviceId| {
        let port = port.clone();
        Box::pin(async move {
            let roster = port.read::<Roster>().await.ok()?.state;
            let (log, number) = roster.device(&device)?.latest_mark()?;
            Some(adapter_sdk::LogPosition {
                log: log.into(),
                number,
            })
        })
    });
    Ok(FleetContext {
        catalog: catalog(),
        clock: clock.clone(),
        // Devices on a LAN have certificates of their own, pinned in their settings; public roots vouch for none.
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened,
        resume,
        push_url: Arc::new(move |device| {
            let base = push_base.get()?.as_ref()?;
            Some(format!("{base}/push/{device}/{}", push_token(&secret, device)).into())
        }),
        seed: u64::from_le_bytes(random()?),
    })
}

/// The devices of this site: as the documents say, else as the settings file says.
pub(super) struct SiteDevices {
    specs: BTreeMap<DeviceId, (DeviceSpec, u64)>,
    /// Those of documents that this build cannot read, too: they are not retired for that.
    named: BTreeSet<DeviceId>,
}

impl SiteDevices {
    pub(super) async fn read(settings: &Settings, port: &Port) -> anyhow::Result<Self> {
        let specs = settings.devices.iter().cloned();
        let specs: BTreeMap<_, _> = specs.map(|(device, spec)| (device, (spec, 0))).collect();
        let named = specs.keys().cloned().collect();
        let mut site = Self { specs, named };
        // One by one: all of them together may be more than the box has memory for.
        let mut total = 0;
        for key in port.keys(Table::Documents).await? {
            let Some(device) = key.strip_prefix("device/") else {
                continue;
            };
            // Known by name, whatever becomes of its document: it is not retired for that.
            site.named.extend(device.parse::<DeviceId>());
            let bytes = match port.value(Table::Documents, key.as_str()).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(refusal) => {
                    tracing::error!(key, %refusal, "a document is damaged and left out");
                    continue;
                }
            };
            total += bytes.len();
            if total > MAX_BODIES {
                tracing::error!(
                    key,
                    limit = MAX_BODIES,
                    "there are more documents than this box may hold: left out"
                );
                continue;
            }
            site.add(&key, &bytes);
        }
        Ok(site)
    }

    /// Checked when it arrived; one this build cannot read any more leaves the settings file in force.
    fn add(&mut self, key: &str, bytes: &[u8]) {
        let Some(document) = document(bytes) else {
            tracing::warn!(key, "a document cannot be read and is left out");
            return;
        };
        if document.id.kind() != "device" {
            return;
        }
        let Ok(device) = document.id.name().parse::<DeviceId>() else {
            tracing::warn!(key, "a document is of no device and is left out");
            return;
        };
        self.named.insert(device.clone());
        // Without the error: it may quote a secret.
        match serde_json::from_value(document.body) {
            Ok(spec) => {
                self.specs.insert(device, (spec, document.version));
            }
            Err(_) => tracing::warn!(key, "a device's document cannot be read and is left out"),
        }
    }

    /// Who may sign in: known before the first listener is there, lest somebody be turned away for coming early.
    pub(super) fn credentials(&self) -> DeviceCredentials {
        let mut credentials = DeviceCredentials::default();
        for (device, (spec, _)) in &self.specs {
            if let Some(token) = spec.token {
                credentials.insert(device.clone(), token);
            }
        }
        credentials
    }

    /// Puts every device on the roster, and says who calls; those on it that nobody names any more are retired. Before the
    /// first listener is there: a device that comes early must not be told that it is nobody.
    pub(super) async fn enlist(&self, fleet: &Fleet, port: &Port) -> anyhow::Result<KnownCallers> {
        let roster = port.read::<Roster>().await?.state;
        let known: Vec<_> = roster.devices().map(|(id, _)| id.clone()).collect();
        for device in known.into_iter().filter(|device| !self.named.contains(device)) {
            port.presence(device, DevicePresence::Retired, None).await?;
        }
        let mut callers = KnownCallers::new();
        for (device, (spec, _)) in &self.specs {
            let checked = match CheckedDevice::of(fleet, device, spec) {
                Ok(checked) => checked,
                // Said when it is to be driven; so below.
                Err(_) => continue,
            };
            if checked.enlist(port).await.is_err() {
                continue;
            }
            if let Some(caller) = checked.demands.and_then(|demands| demands.caller) {
                let target = (caller.prefix, caller.name.to_string());
                callers.entry(target).or_insert_with(|| device.clone());
            }
        }
        Ok(callers)
    }

    /// Begins to drive every device.
    pub(super) async fn configure(self, devices: &mut Devices) {
        for (device, (spec, version)) in self.specs {
            match devices.drive(&device, &spec, version).await {
                Ok(Some(desired)) => devices.publish(DesiredPublication::Known(desired)).await,
                Ok(None) => {}
                Err(reason) => tracing::error!(%device, reason, "a device's settings do not work; the others go on"),
            }
        }
        devices.tell_callers();
    }
}

/// A document as it is kept: checked when it arrived.
pub(crate) fn document(bytes: &[u8]) -> Option<Document> {
    let signed: SignedText = serde_json::from_slice(bytes).ok()?;
    serde_json::from_str(&signed.text).ok()
}

/// The secret in push addresses: made once, kept in the state.
pub(super) async fn push_secret(port: &Port) -> anyhow::Result<[u8; 32]> {
    const KEY: &str = "push-secret";
    let kept = port.value(Table::Meta, KEY).await?;
    if let Some(secret) = kept.and_then(|bytes| bytes.try_into().ok()) {
        return Ok(secret);
    }
    let secret: [u8; 32] = random()?;
    tracing::debug!(length = to_base64(&secret).len(), "made a new push secret");
    port.store(Table::Meta, KEY.into(), Some(secret.to_vec())).await?;
    Ok(secret)
}

/// Where devices find the LAN port: as the settings say, else where it listens, unless that is "everywhere".
pub(crate) fn push_base(lan: &Lan, listens: SocketAddr) -> Option<String> {
    let here = (!listens.ip().is_unspecified()).then(|| format!("http://{listens}"));
    let named = lan.url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
    named.or(here)
}
