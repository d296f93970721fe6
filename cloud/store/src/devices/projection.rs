//! Devices as a projection: what each event says of a device, and what is kept of it.

use super::status::DeviceStatus;
use crate::{
    error::StoreError,
    projection::{EventView, ProjectedEvent, Projection, ProjectionTable, newest_wins},
    tx::Tx,
    value::SqlParam,
};
use protocol::{
    EdgeId, Fact, Timestamp,
    fact::{DeviceChange, DeviceIdentity},
    id::AdapterId,
    text::{DeviceAddress, FirmwareVersion, ReasonWord},
};
use std::{collections::HashMap, sync::LazyLock};

/// The projection of devices.
#[derive(Debug)]
pub(crate) struct DeviceStates;

/// What one event says.
#[derive(Debug)]
pub(crate) struct DeviceStep {
    /// Beyond the device having been heard: boxed, as few events say more.
    observation: Option<Box<DeviceObservation>>,
}

/// What an event says of a device, beyond its having been heard.
#[derive(Debug)]
enum DeviceObservation {
    /// Its state.
    Status { status: DeviceStatus, change: DeviceChange },
    /// What it is, and that it was found or added.
    Found {
        status: DeviceStatus,
        found: DeviceIdentity,
    },
    /// The settings it runs with, as JSON.
    Reported { device: String, settings: String },
}

impl Projection for DeviceStates {
    type Step = DeviceStep;
    const NAME: &'static str = "devices";
    const VERSION: u32 = 1;
    const TABLES: &'static [ProjectionTable] = &[
        ProjectionTable {
            name: "device",
            ddl: "CREATE TABLE device (
                edge {uuid} NOT NULL, device TEXT NOT NULL, status TEXT, status_pos {bytes},
                reason TEXT, reason_pos {bytes}, fw TEXT, fw_pos {bytes},
                kind TEXT, adapter TEXT, address TEXT, found_pos {bytes},
                reported {json}, reported_pos {bytes}, PRIMARY KEY (edge, device));",
        },
        ProjectionTable {
            // Every change of every device's status: when the present one began cannot be told from less, as an event
            // that comes late may fall into the middle of it.
            name: "device_status",
            ddl: "CREATE TABLE device_status (
                edge {uuid} NOT NULL, device TEXT NOT NULL, pos {bytes} NOT NULL, status TEXT NOT NULL,
                found BIGINT NOT NULL, at {time} NOT NULL, PRIMARY KEY (edge, device, pos));
                CREATE INDEX device_status_found ON device_status (edge, device, pos) WHERE found = 1;",
        },
        ProjectionTable {
            // Whatever was heard, whether it has been added yet or not: the event that adds it may come later.
            name: "device_seen",
            ddl: "CREATE TABLE device_seen (
                edge {uuid} NOT NULL, device TEXT NOT NULL, at {time} NOT NULL, PRIMARY KEY (edge, device));",
        },
    ];

    fn reads(name: &str) -> bool {
        matches!(
            name,
            "device.discovered"
                | "device.paired"
                | "device.online"
                | "device.offline"
                | "device.degraded"
                | "device.retired"
                | "device.reported"
        )
    }

    fn step(event: &EventView<'_>) -> Option<DeviceStep> {
        let says = event.fact.and_then(DeviceObservation::of).map(Box::new);
        (says.is_some() || event.device.is_some()).then_some(DeviceStep { observation: says })
    }

    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, DeviceStep>]) -> Result<(), StoreError> {
        let mut seen: HashMap<(EdgeId, &str), Timestamp> = HashMap::new();
        for event in events {
            if let Some(device) = event.device {
                let newest = seen.entry((event.position.edge, device)).or_insert(event.position.at);
                *newest = event.position.at.max(*newest);
            }
            if let Some(says) = &event.step.observation {
                keep(tx, event, says)?;
            }
        }
        let sql = "INSERT INTO device_seen (edge, device, at) VALUES ($1, $2, $3)
                   ON CONFLICT (edge, device) DO UPDATE SET at = excluded.at WHERE excluded.at > device_seen.at";
        let rows = seen.iter();
        tx.execute_each(
            sql,
            rows.map(|((edge, device), at)| [SqlParam::from(edge), SqlParam::from(*device), SqlParam::from(*at)]),
        )
    }
}

impl DeviceObservation {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "other facts are not about a device's state"
    )]
    fn of(fact: &Fact) -> Option<Self> {
        let status = |status, change: &DeviceChange| Self::Status {
            status,
            change: change.clone(),
        };
        let found = |status, found: &DeviceIdentity| Self::Found {
            status,
            found: found.clone(),
        };
        Some(match fact {
            Fact::DeviceDiscovered(device) => found(DeviceStatus::Discovered, device),
            Fact::DevicePaired(device) => found(DeviceStatus::Paired, device),
            Fact::DeviceOnline(change) => status(DeviceStatus::Online, change),
            Fact::DeviceOffline(change) => status(DeviceStatus::Offline, change),
            Fact::DeviceDegraded(change) => status(DeviceStatus::Degraded, change),
            Fact::DeviceRetired(change) => status(DeviceStatus::Retired, change),
            Fact::DeviceReported(reported) => Self::Reported {
                device: reported.device.as_str().to_owned(),
                settings: serde_json::to_string(&reported.settings).ok()?,
            },
            _ => return None,
        })
    }

    fn device(&self) -> &str {
        match self {
            DeviceObservation::Status { change, .. } => change.device.as_str(),
            DeviceObservation::Found { found, .. } => found.device.as_str(),
            DeviceObservation::Reported { device, .. } => device,
        }
    }
}

static UPSERT: LazyLock<String> = LazyLock::new(|| {
    let set = newest_wins(
        "device",
        &[
            &["status_pos", "status"],
            &["reason_pos", "reason"],
            &["fw_pos", "fw"],
            &["found_pos", "kind", "adapter", "address"],
            &["reported_pos", "reported"],
        ],
    );
    format!(
        "INSERT INTO device (edge, device, status, status_pos, reason, reason_pos, fw, fw_pos,
                             kind, adapter, address, found_pos, reported, reported_pos)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (edge, device) DO UPDATE SET {set}"
    )
});

fn keep(tx: &Tx<'_>, event: &ProjectedEvent<'_, DeviceStep>, says: &DeviceObservation) -> Result<(), StoreError> {
    let order = event.position.order();
    let (edge, device, pos) = (
        SqlParam::from(&event.position.edge),
        SqlParam::from(says.device()),
        SqlParam::from(&order),
    );
    let ([status, reason, fw], [kind, adapter, address], reported) = match says {
        DeviceObservation::Status { status, change } => (
            [
                SqlParam::from(status.as_str()),
                SqlParam::from(change.reason.as_ref().map(ReasonWord::as_str)),
                SqlParam::from(change.fw.as_ref().map(FirmwareVersion::as_str)),
            ],
            [SqlParam::Null; 3],
            SqlParam::Null,
        ),
        DeviceObservation::Found { status, found } => (
            [SqlParam::from(status.as_str()), SqlParam::Null, SqlParam::Null],
            [
                SqlParam::from(found.kind.as_str()),
                SqlParam::from(found.adapter.as_ref().map(AdapterId::as_str)),
                SqlParam::from(found.address.as_ref().map(DeviceAddress::as_str)),
            ],
            SqlParam::Null,
        ),
        DeviceObservation::Reported { settings, .. } => {
            ([SqlParam::Null; 3], [SqlParam::Null; 3], SqlParam::from(settings))
        }
    };
    let only = |said: bool| if said { pos } else { SqlParam::Null };
    let (is_status, is_found) = match says {
        DeviceObservation::Status { .. } => (true, false),
        DeviceObservation::Found { .. } => (false, true),
        DeviceObservation::Reported { .. } => (false, false),
    };
    let values = [
        [edge, device, status, only(is_status || is_found)],
        [reason, only(is_status), fw, only(fw != SqlParam::Null)],
        [kind, adapter, address, only(is_found)],
    ];
    let values = [&values.concat()[..], &[reported, only(reported != SqlParam::Null)]].concat();
    tx.execute(&UPSERT, &values)?;
    if status == SqlParam::Null {
        return Ok(());
    }
    let sql = "INSERT INTO device_status (edge, device, pos, status, found, at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (edge, device, pos) DO NOTHING";
    let values = [
        edge,
        device,
        pos,
        status,
        SqlParam::from(is_found),
        SqlParam::from(event.position.at),
    ];
    tx.execute(sql, &values).map(|_| ())
}
