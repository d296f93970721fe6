//! Devices: what their edges tell of them, and the document `device/<slug>` that configures each.
//!
//! A device is registered, changed and removed by publishing that document; what the edge makes of it comes back as
//! events, and nothing here pretends to know it sooner.

use crate::{
    AdminError, AdminErrorKind, AdminResult,
    caller::Tenant,
    documents::{self, DocumentContent, EffectTiming, ExpectedVersion, PublishedDocument},
    edges::{self, EdgeOverview},
    role::Permission,
    target::DeviceRef,
};
use cloud_store::{
    StoreError,
    devices::{self, DeviceRecord},
    documents::{self as stored_documents, TrackedDocument},
};
use protocol::{DocumentId, EdgeId};
use serde_json::{Map, Value};

/// A device, as far as it is known.
#[derive(Debug, Clone)]
pub enum KnownDevice {
    /// A document configures it; its edge has said nothing of it yet.
    Registered(DeviceRef),
    /// Its edge told of it.
    Reported(Box<DeviceRecord>),
}

impl KnownDevice {
    /// Which device.
    pub fn target(&self) -> DeviceRef {
        match self {
            KnownDevice::Registered(target) => target.clone(),
            KnownDevice::Reported(device) => DeviceRef {
                edge: device.edge,
                device: device.device.clone(),
            },
        }
    }
    /// What its edge told, where it did.
    pub fn told(&self) -> Option<&DeviceRecord> {
        match self {
            KnownDevice::Registered(_) => None,
            KnownDevice::Reported(device) => Some(device),
        }
    }
    /// What the edge last said of it, in a stable word; `new`: nothing yet.
    pub fn status(&self) -> &'static str {
        self.told().map_or("new", |device| device.status.as_str())
    }
}

/// The organisation's devices; of one edge also those of which the edge has said nothing yet.
pub async fn list(tenant: &Tenant, edge: Option<EdgeId>) -> AdminResult<Vec<KnownDevice>> {
    tenant.need(Permission::ReadDevices).await?;
    if let Some(edge) = edge {
        edges::known(tenant, edge).await?;
    }
    let told = devices::list(&tenant.scope, edge).await.map_err(failed)?;
    let mut all: Vec<KnownDevice> = told
        .into_iter()
        .map(|device| KnownDevice::Reported(Box::new(device)))
        .collect();
    if let Some(edge) = edge {
        for published in stored_documents::list(&tenant.scope, edge).await.map_err(failed)? {
            let is_device = published.document.id.kind() == "device" && !published.document.withdrawn;
            let Some(device) = published.document.id.name().parse().ok().filter(|_| is_device) else {
                continue;
            };
            let target = DeviceRef { edge, device };
            if !all.iter().any(|known| known.target() == target) {
                all.push(KnownDevice::Registered(target));
            }
        }
    }
    Ok(all)
}

/// One device, of which the edge or a document knows.
pub async fn get(tenant: &Tenant, id: &DeviceRef) -> AdminResult<KnownDevice> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, id.edge).await?;
    find(tenant, id).await
}

/// A device of an edge that is known to be the organisation's.
pub(crate) async fn find(tenant: &Tenant, id: &DeviceRef) -> AdminResult<KnownDevice> {
    let told = devices::get(&tenant.scope, id.edge, id.device.clone()).await;
    if let Some(device) = told.map_err(failed)? {
        return Ok(KnownDevice::Reported(Box::new(device)));
    }
    let document = DocumentId::of_device(&id.device);
    let published = stored_documents::latest(&tenant.scope, id.edge, document).await;
    let published = published
        .map_err(failed)?
        .filter(|published| !published.document.withdrawn);
    published
        .map(|_| KnownDevice::Registered(id.clone()))
        .ok_or_else(|| AdminError::not_found("device"))
}

/// A device and the edge it hangs on, which may be out of reach: then the status is its last word (A71).
pub async fn with_edge(tenant: &Tenant, id: &DeviceRef) -> AdminResult<(KnownDevice, Option<EdgeOverview>)> {
    let device = get(tenant, id).await?;
    Ok((device, edges::overview(tenant, id.edge).await?))
}

/// Registers a device: publishes the first version of its document.
pub async fn register(tenant: &Tenant, id: &DeviceRef, body: Map<String, Value>) -> AdminResult<PublishedDocument> {
    let effect = EffectTiming::AtOnce;
    let change = DocumentContent::Settings { body, effect };
    let published = configure(tenant, id, ExpectedVersion::Absent, change).await;
    let taken = "There is a device of that name already; change its config.";
    published.map_err(|error| error.or_if(AdminErrorKind::Stale, AdminErrorKind::Conflict, taken))
}

/// A device's desired settings: its document's last version.
pub async fn config(tenant: &Tenant, id: &DeviceRef) -> AdminResult<TrackedDocument> {
    documents::latest(tenant, id.edge, DocumentId::of_device(&id.device)).await
}

/// Changes a device's desired settings.
pub async fn configure(
    tenant: &Tenant,
    id: &DeviceRef,
    expected: ExpectedVersion,
    change: DocumentContent,
) -> AdminResult<PublishedDocument> {
    documents::publish(tenant, id.edge, DocumentId::of_device(&id.device), expected, change).await
}

/// Removes a device: its document is withdrawn, and the edge takes it off its roster.
pub async fn remove(tenant: &Tenant, id: &DeviceRef) -> AdminResult<()> {
    let last = config(tenant, id).await?;
    let expected = ExpectedVersion::Version(last.document.version);
    configure(tenant, id, expected, DocumentContent::Withdrawal)
        .await
        .map(drop)
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking up devices", error)
}
