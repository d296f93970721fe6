//! Devices as their edges' events tell of them, and each edge's last heartbeat.
//!
//! Only events write here. An older event that arrives late (an import, a gap filled) never overwrites a newer one.

use crate::{
    db::Scope,
    error::StoreError,
    tx::Tx,
    value::{Row, V},
};
use protocol::{DeviceId, EdgeId, Epoch, Seq, Timestamp, fact::Heartbeat, id::AdapterId};
use serde_json::Value;

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE device (
        edge {uuid} NOT NULL, device TEXT NOT NULL, status TEXT NOT NULL, kind TEXT, adapter TEXT, address TEXT,
        reason TEXT, fw TEXT, reported {json}, changed {time} NOT NULL, seen {time} NOT NULL,
        epoch BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (edge, device));
    CREATE TABLE edge_status (
        edge {uuid} NOT NULL PRIMARY KEY, at {time} NOT NULL, heartbeat {json} NOT NULL);
";

const COLUMNS: &str = "edge, device, status, kind, adapter, address, reason, fw, reported, changed, seen";

/// What a device's edge last said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Found, not configured.
    Discovered,
    /// On the roster; not heard of yet.
    Paired,
    /// Can be talked to.
    Online,
    /// Cannot be talked to.
    Offline,
    /// Answers, but not as it should.
    Degraded,
    /// Taken off the roster.
    Retired,
}

impl DeviceStatus {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceStatus::Discovered => "discovered",
            DeviceStatus::Paired => "paired",
            DeviceStatus::Online => "online",
            DeviceStatus::Offline => "offline",
            DeviceStatus::Degraded => "degraded",
            DeviceStatus::Retired => "retired",
        }
    }
}

impl std::str::FromStr for DeviceStatus {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            Self::Discovered,
            Self::Paired,
            Self::Online,
            Self::Offline,
            Self::Degraded,
            Self::Retired,
        ];
        all.into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}

/// A device.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// The edge it hangs on.
    pub edge: EdgeId,
    /// Its slug, unique on that edge.
    pub device: DeviceId,
    /// What the edge last said of it.
    pub status: DeviceStatus,
    /// `terminal`, `printer`…
    pub kind: Option<String>,
    /// The adapter that speaks to it.
    pub adapter: Option<AdapterId>,
    /// Host and port, or a bus path.
    pub address: Option<String>,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// Firmware version.
    pub fw: Option<String>,
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

/// What one event says of a device.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DeviceStep {
    /// Its state.
    Status {
        status: DeviceStatus,
        reason: Option<String>,
        fw: Option<String>,
    },
    /// What it is, and that it was found or added.
    Found {
        status: DeviceStatus,
        kind: String,
        adapter: Option<AdapterId>,
        address: Option<String>,
    },
    /// The settings it runs with, as JSON.
    Reported(String),
}

/// The place of the event that says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) edge: EdgeId,
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
}

/// The devices of an organisation, by edge and slug; those of one edge where given. Retired ones are left out.
pub async fn list(scope: &Scope, edge: Option<EdgeId>) -> Result<Vec<Device>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM device WHERE ($1 IS NULL OR edge = $1) AND status <> 'retired' ORDER BY edge, device"
    );
    scope
        .read(move |tx| tx.rows(&sql, &[V::from(edge.as_ref())], read))
        .await
}

/// One device.
pub async fn get(scope: &Scope, edge: EdgeId, device: DeviceId) -> Result<Option<Device>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM device WHERE edge = $1 AND device = $2");
    scope
        .read(move |tx| tx.first(&sql, &[V::from(&edge), V::from(&device)], read))
        .await
}

/// The last heartbeats of an organisation's edges.
pub async fn statuses(scope: &Scope) -> Result<Vec<EdgeStatus>, StoreError> {
    let sql = "SELECT edge, at, heartbeat FROM edge_status";
    scope
        .read(move |tx| {
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

/// Files what an event says of a device, unless a later event has spoken.
pub(crate) fn step(tx: &Tx<'_>, place: Place, device: &DeviceId, step: &DeviceStep) -> Result<(), StoreError> {
    let (insert, update, told) = match step {
        DeviceStep::Status { status, reason, fw } => (
            "status, reason, fw",
            "reason = excluded.reason, fw = coalesce(excluded.fw, fw),
             changed = CASE WHEN status = excluded.status THEN changed ELSE excluded.changed END, status = excluded.status",
            [V::from(status.as_str()), V::from(reason.as_ref()), V::from(fw.as_ref()), V::N],
        ),
        DeviceStep::Found { status, kind, adapter, address } => (
            "status, kind, adapter, address",
            "kind = excluded.kind, adapter = excluded.adapter, address = excluded.address,
             changed = excluded.changed, status = excluded.status",
            [
                V::from(status.as_str()),
                V::from(kind),
                V::from(adapter.as_ref().map(AdapterId::as_str)),
                V::from(address.as_ref()),
            ],
        ),
        DeviceStep::Reported(settings) => {
            ("status, reported", "reported = excluded.reported", [V::from("online"), V::from(settings), V::N, V::N])
        }
    };
    let columns = insert.split(',').count();
    let marks: Vec<String> = (6..6 + columns).map(|n| format!("${n}")).collect();
    let sql = format!(
        "INSERT INTO device (edge, device, epoch, seq, changed, seen, {insert})
         VALUES ($1, $2, $3, $4, $5, $5, {})
         ON CONFLICT (edge, device) DO UPDATE SET {update}, epoch = excluded.epoch, seq = excluded.seq
         WHERE (excluded.epoch, excluded.seq) > (device.epoch, device.seq)",
        marks.join(", ")
    );
    let which = [
        V::from(&place.edge),
        V::from(device),
        V::from(place.epoch),
        V::from(place.seq),
        V::from(place.at),
    ];
    tx.execute(&sql, &[&which[..], told.get(..columns).unwrap_or_default()].concat())
        .map(|_| ())
}

/// Notes when devices were last heard; whatever is no device of the edge changes nothing.
pub(crate) fn seen<'a>(
    tx: &Tx<'_>,
    edge: EdgeId,
    heard: impl Iterator<Item = (&'a str, Timestamp)>,
) -> Result<(), StoreError> {
    let sql = "UPDATE device SET seen = $3 WHERE edge = $1 AND device = $2 AND seen < $3";
    tx.execute_each(
        sql,
        heard.map(|(device, at)| [V::from(&edge), V::T(device), V::from(at)]),
    )
}

/// Keeps an edge's newest heartbeat.
pub(crate) fn heartbeat(tx: &Tx<'_>, edge: EdgeId, at: Timestamp, json: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO edge_status (edge, at, heartbeat) VALUES ($1, $2, $3)
               ON CONFLICT (edge) DO UPDATE SET at = excluded.at, heartbeat = excluded.heartbeat
               WHERE excluded.at >= edge_status.at";
    tx.execute(sql, &[V::from(&edge), V::from(at), V::from(json)])
        .map(|_| ())
}

fn read(row: &Row<'_>) -> Result<Device, StoreError> {
    let bad = |column, expected| StoreError::Column { column, expected };
    let adapter = row.text_or_none(4)?.map(|text| text.parse()).transpose();
    let reported = row.text_or_none(8)?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Device {
        edge: EdgeId::from_uuid(row.uuid(0)?),
        device: row.parsed(1, "device id")?,
        status: row.parsed(2, "device status")?,
        kind: row.text_or_none(3)?,
        adapter: adapter.map_err(|_| bad(4, "adapter id"))?,
        address: row.text_or_none(5)?,
        reason: row.text_or_none(6)?,
        fw: row.text_or_none(7)?,
        reported: reported.map_err(|_| bad(8, "JSON"))?,
        changed: row.time(9)?,
        seen: row.time(10)?,
    })
}
