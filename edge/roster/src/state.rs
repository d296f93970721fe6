//! What the roster knows. Serialised whole into snapshots; equal histories give equal bytes.

use crate::inbox::CommandInbox;
use protocol::{
    DeviceId, Digest, Document, DocumentId,
    control::HeldDocument,
    document::{DocumentFault, DocumentReason},
    id::AdapterId,
    text::{DeviceAddress, DeviceKind, FirmwareVersion, LogName, ReasonWord},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

/// Devices, commands under way, documents in force.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Roster {
    pub(crate) devices: BTreeMap<DeviceId, RosterDevice>,
    pub(crate) inbox: CommandInbox,
    pub(crate) documents: BTreeMap<DocumentId, DocumentStatus>,
}

/// One device of the site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RosterDevice {
    /// `gate`, `terminal`, `printer`, `kiosk`…
    pub kind: DeviceKind,
    /// The adapter that speaks to it; none for devices that speak MQTT to the edge themselves.
    pub adapter: Option<AdapterId>,
    /// Where it is. Never a password.
    pub address: Option<DeviceAddress>,
    /// How it is.
    pub presence: DevicePresence,
    /// Firmware version, where it said so.
    pub fw: Option<FirmwareVersion>,
    /// Settings it says it runs with.
    pub reported: BTreeMap<String, Value>,
    /// How far into which of its own logs everything is on disk; the newest last.
    pub(crate) marks: Vec<(LogName, u64)>,
}

/// How a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum DevicePresence {
    /// On the roster, not heard yet.
    New,
    /// It can be talked to.
    Online,
    /// It cannot.
    Offline {
        /// A short stable word.
        reason: ReasonWord,
    },
    /// It answers, but not as it should.
    Degraded {
        /// A short stable word.
        reason: ReasonWord,
    },
    /// Taken off the roster; kept so that its past still has a name.
    Retired,
}

/// How a document is at this edge.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DocumentStatus {
    /// Version and hash in force; none: none ever was.
    pub in_force: Option<(u64, Digest)>,
    /// The newest version that failed, and why.
    #[serde(default, deserialize_with = "failure")]
    pub failed: Option<(u64, DocumentFault)>,
}

/// Reads a failure; that of a snapshot from before failures had a reason is a text.
fn failure<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<(u64, DocumentFault)>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum StoredFailure {
        Fault(DocumentFault),
        Text(String),
    }
    let stored = Option::<(u64, StoredFailure)>::deserialize(from)?;
    Ok(stored.map(|(version, stored)| match stored {
        StoredFailure::Fault(fault) => (version, fault),
        StoredFailure::Text(text) => (version, DocumentFault::new(DocumentReason::Failed, text)),
    }))
}

impl Roster {
    /// A device, retired ones included.
    pub fn device(&self, device: &DeviceId) -> Option<&RosterDevice> {
        self.devices.get(device)
    }
    /// Every device, by name.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &RosterDevice)> {
        self.devices.iter()
    }
    /// Commands.
    pub fn inbox(&self) -> &CommandInbox {
        &self.inbox
    }
    /// How a document is.
    pub fn document(&self, document: &DocumentId) -> Option<&DocumentStatus> {
        self.documents.get(document)
    }
    /// The documents in force, by id, for the cloud to compare with its own. What was withdrawn is not held.
    pub fn held(&self) -> Vec<HeldDocument> {
        let held = |(document, status): (&DocumentId, &DocumentStatus)| {
            let (version, hash) = status.in_force.filter(|_| status.is_held())?;
            Some(HeldDocument {
                document: document.clone(),
                version,
                hash,
            })
        };
        self.documents.iter().filter_map(held).collect()
    }
    /// Devices that are online, and those that should be and are not.
    pub fn tally(&self) -> (u32, u32) {
        self.devices
            .values()
            .fold((0, 0), |(ok, bad), device| match device.presence {
                DevicePresence::Online => (ok + 1, bad),
                DevicePresence::New | DevicePresence::Offline { .. } | DevicePresence::Degraded { .. } => (ok, bad + 1),
                DevicePresence::Retired => (ok, bad),
            })
    }
}

impl DocumentStatus {
    /// Whether a version is in force that was not withdrawn.
    pub fn is_held(&self) -> bool {
        static WITHDRAWN: LazyLock<Digest> = LazyLock::new(Document::withdrawn_hash);
        self.in_force.is_some_and(|(_, hash)| hash != *WITHDRAWN)
    }
}

impl RosterDevice {
    /// Number of the newest entry taken on from one of the device's own logs.
    pub fn mark(&self, log: &str) -> Option<u64> {
        self.marks
            .iter()
            .find(|(known, _)| known == log)
            .map(|(_, number)| *number)
    }
    /// The log heard from last, and the newest entry taken on from it.
    pub fn latest_mark(&self) -> Option<(&str, u64)> {
        self.marks.last().map(|(log, number)| (log.as_str(), *number))
    }
}
