//! Devices as their edges' events tell of them, and each edge's last heartbeat.
//!
//! Only read here: what is read are the projections `projection` and `heartbeats`. While they are made anew, the
//! answer is [`StoreError::Rebuilding`], never half of it.

pub(crate) mod heartbeats;
pub(crate) mod projection;
mod status;

use crate::{
    db::OrgStore,
    error::StoreError,
    projection::cursor,
    value::{SqlParam, SqlRow},
};
use heartbeats::Heartbeats;
use projection::DeviceStates;
use protocol::{
    DeviceId, EdgeId, Timestamp,
    fact::Heartbeat,
    id::AdapterId,
    text::{DeviceAddress, DeviceKind, FirmwareVersion, ReasonWord},
};
use serde_json::Value;
pub use status::DeviceStatus;

/// `changed` is when the present run of equal statuses began. Being found, or added again, begins a new one.
const SELECT: &str = "
    SELECT d.edge, d.device, coalesce(d.status, 'online'), d.kind, d.adapter, d.address, d.reason, d.fw, d.reported,
        coalesce((SELECT r.at FROM device_status r
                  WHERE r.edge = d.edge AND r.device = d.device
                    AND r.pos >= coalesce((SELECT f.pos FROM device_status f
                                           WHERE f.edge = d.edge AND f.device = d.device AND f.found = 1
                                           ORDER BY f.pos DESC LIMIT 1), '')
                    AND r.pos > coalesce((SELECT o.pos FROM device_status o
                                          WHERE o.edge = d.edge AND o.device = d.device AND o.status <> d.status
                                          ORDER BY o.pos DESC LIMIT 1), '')
                  ORDER BY r.pos LIMIT 1), s.at, 0),
        coalesce(s.at, 0)
    FROM device d LEFT JOIN device_seen s ON s.edge = d.edge AND s.device = d.device";

/// A device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceRecord {
    /// The edge it hangs on.
    pub edge: EdgeId,
    /// Its slug, unique on that edge.
    pub device: DeviceId,
    /// What the edge last said of it.
    pub status: DeviceStatus,
    /// `terminal`, `printer`…
    pub kind: Option<DeviceKind>,
    /// The adapter that speaks to it.
    pub adapter: Option<AdapterId>,
    /// Host and port, or a bus path.
    pub address: Option<DeviceAddress>,
    /// Why it is in that state.
    pub reason: Option<ReasonWord>,
    /// Firmware version.
    pub fw: Option<FirmwareVersion>,
    /// The settings it runs with.
    pub reported: Option<Value>,
    /// When the status last changed, by the edge's clock.
    pub changed: Timestamp,
    /// When the last event about it happened, by the edge's clock.
    pub seen: Timestamp,
}

/// An edge's last heartbeat that came as an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeStatus {
    /// Which edge.
    pub edge: EdgeId,
    /// When, by the edge's clock.
    pub at: Timestamp,
    /// How it was.
    pub heartbeat: Heartbeat,
}

/// The devices of an organisation, by edge and slug; those of one edge where given. Retired ones are left out.
pub async fn list(scope: &OrgStore, edge: Option<EdgeId>) -> Result<Vec<DeviceRecord>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE ($1 IS NULL OR d.edge = $1) AND coalesce(d.status, 'online') <> 'retired'
         ORDER BY d.edge, d.device"
    );
    scope
        .read(move |tx| {
            cursor::require::<DeviceStates>(tx)?;
            tx.rows(&sql, &[SqlParam::from(edge.as_ref())], read)
        })
        .await
}

/// One device.
pub async fn get(scope: &OrgStore, edge: EdgeId, device: DeviceId) -> Result<Option<DeviceRecord>, StoreError> {
    let sql = format!("{SELECT} WHERE d.edge = $1 AND d.device = $2");
    scope
        .read(move |tx| {
            cursor::require::<DeviceStates>(tx)?;
            tx.first(&sql, &[SqlParam::from(&edge), SqlParam::from(&device)], read)
        })
        .await
}

/// The last heartbeats of an organisation's edges.
pub async fn statuses(scope: &OrgStore) -> Result<Vec<EdgeStatus>, StoreError> {
    let sql = "SELECT edge, at, heartbeat FROM edge_status";
    scope
        .read(move |tx| {
            cursor::require::<Heartbeats>(tx)?;
            tx.rows(sql, &[], |row| {
                Ok(EdgeStatus {
                    edge: EdgeId::from_uuid(row.uuid(0)?),
                    at: row.time(1)?,
                    heartbeat: row.json(2)?,
                })
            })
        })
        .await
}

fn read(row: &SqlRow<'_>) -> Result<DeviceRecord, StoreError> {
    let bad = |column, expected| StoreError::Column { column, expected };
    let adapter = row.text_or_none(4)?.map(|text| text.parse()).transpose();
    let reported = row.text_or_none(8)?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(DeviceRecord {
        edge: EdgeId::from_uuid(row.uuid(0)?),
        device: row.parsed(1, "device id")?,
        status: row.parsed(2, "device status")?,
        kind: row.text_or_none(3)?.map(DeviceKind::from),
        adapter: adapter.map_err(|_| bad(4, "adapter id"))?,
        address: row.text_or_none(5)?.map(DeviceAddress::from),
        reason: row.text_or_none(6)?.map(ReasonWord::from),
        fw: row.text_or_none(7)?.map(FirmwareVersion::from),
        reported: reported.map_err(|_| bad(8, "JSON"))?,
        changed: row.time(9)?,
        seen: row.time(10)?,
    })
}
