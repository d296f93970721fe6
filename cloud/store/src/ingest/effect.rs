//! What some events change besides being stored: devices, commands, documents, gaps, heartbeats.
//!
//! An event whose shape is newer than this version has no effect, and is stored like any other.

use crate::{
    commands::{self, CommandState, CommandStep},
    devices::{self, DeviceStatus, DeviceStep, Place},
    documents::{self, DocumentStep},
    error::StoreError,
    queue::{self, TicketStep},
    tx::Tx,
    value::V,
};
use protocol::{
    DeviceId, Event, Fact, Timestamp,
    document::{DocumentFault, DocumentReason},
    fact::{CommandMove, DeviceChange, DeviceFound, DocumentMove, Dropped},
};

/// One event's effect.
#[derive(Debug)]
pub(super) enum Effect {
    Device(DeviceId, DeviceStep),
    Command(CommandStep),
    Document(DocumentStep),
    Dropped(Dropped),
    Heartbeat(String),
    Ticket(TicketStep),
}

impl Effect {
    /// Reads the body only of events that can have an effect.
    pub(super) fn read(name: &str, body: &[u8]) -> Option<Self> {
        let (family, _) = name.split_once('.')?;
        let may = match family {
            "device" => name != "device.metric" && name != "device.custom",
            "command" | "policy" => true,
            "journal" => name == "journal.dropped",
            "site" => name == "site.heartbeat",
            "queue" => true,
            _ => false,
        };
        if may {
            Self::of(Event::decode(body).ok()?.fact)
        } else {
            None
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most facts have no effect here, and new ones have none either"
    )]
    fn of(fact: Fact) -> Option<Self> {
        Some(match fact {
            Fact::DeviceDiscovered(found) => Self::found(DeviceStatus::Discovered, found),
            Fact::DevicePaired(found) => Self::found(DeviceStatus::Paired, found),
            Fact::DeviceOnline(change) => Self::status(DeviceStatus::Online, change),
            Fact::DeviceOffline(change) => Self::status(DeviceStatus::Offline, change),
            Fact::DeviceDegraded(change) => Self::status(DeviceStatus::Degraded, change),
            Fact::DeviceRetired(change) => Self::status(DeviceStatus::Retired, change),
            Fact::DeviceReported(reported) => {
                let settings = serde_json::to_string(&reported.settings).ok()?;
                Self::Device(reported.device, DeviceStep::Reported(settings))
            }
            Fact::CommandAccepted(step) => Self::command(CommandState::Accepted, step),
            Fact::CommandRunning(step) => Self::command(CommandState::Running, step),
            Fact::CommandOk(step) => Self::command(CommandState::Ok, step),
            Fact::CommandFailed(step) => Self::command(CommandState::Failed, step),
            Fact::CommandExpired(step) => Self::command(CommandState::Expired, step),
            Fact::CommandRejected(step) => Self::command(CommandState::Rejected, step),
            Fact::PolicyApplied(DocumentMove {
                document,
                version,
                hash,
                ..
            }) => Self::Document(DocumentStep {
                document,
                version,
                hash,
                error: None,
            }),
            Fact::PolicyFailed(failed) => {
                let unexplained = || DocumentFault {
                    reason: DocumentReason::Failed,
                    detail: None,
                };
                let error = Some(failed.fault().unwrap_or_else(unexplained));
                Self::Document(DocumentStep {
                    document: failed.document,
                    version: failed.version,
                    hash: failed.hash,
                    error,
                })
            }
            Fact::JournalDropped(dropped) => Self::Dropped(dropped),
            Fact::SiteHeartbeat(heartbeat) => Self::Heartbeat(serde_json::to_string(&heartbeat).ok()?),
            other => Self::Ticket(TicketStep::of(other)?),
        })
    }

    fn found(status: DeviceStatus, found: DeviceFound) -> Self {
        let DeviceFound {
            device,
            kind,
            adapter,
            address,
        } = found;
        Self::Device(
            device,
            DeviceStep::Found {
                status,
                kind,
                adapter,
                address,
            },
        )
    }

    fn status(status: DeviceStatus, change: DeviceChange) -> Self {
        let DeviceChange { device, reason, fw } = change;
        Self::Device(device, DeviceStep::Status { status, reason, fw })
    }

    fn command(state: CommandState, step: CommandMove) -> Self {
        let CommandMove {
            command,
            reason,
            detail,
            took_ms,
            ..
        } = step;
        Self::Command(CommandStep {
            command,
            state,
            reason,
            detail,
            took_ms,
        })
    }

    /// Makes it so.
    pub(super) fn apply(&self, tx: &Tx<'_>, place: Place, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Effect::Device(device, step) => devices::step(tx, place, device, step),
            Effect::Command(step) => commands::step(tx, place.edge, step, now),
            Effect::Document(step) => documents::step(tx, place.edge, step, now),
            Effect::Dropped(dropped) => tombstone(tx, place, dropped),
            Effect::Heartbeat(json) => devices::heartbeat(tx, place.edge, place.at, json),
            Effect::Ticket(step) => queue::apply(tx, place, step),
        }
    }
}

fn tombstone(tx: &Tx<'_>, place: Place, dropped: &Dropped) -> Result<(), StoreError> {
    let reason = serde_json::to_value(dropped.reason);
    let reason = reason.map_err(|source| StoreError::Json {
        what: "a reason",
        source,
    })?;
    let sql = "INSERT INTO event_tombstone (edge, epoch, lane, from_seq, to_seq, reason)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let which = [V::from(&place.edge), V::from(place.epoch), V::from(dropped.lane)];
    let range = [
        V::from(dropped.from_seq),
        V::from(dropped.to_seq),
        V::from(reason.as_str()),
    ];
    tx.execute(sql, &[which, range].concat()).map(|_| ())
}
