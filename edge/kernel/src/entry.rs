//! What goes into the kernel to be recorded, and what comes out committed.

use crate::facts_room::FactsRoom;
use protocol::{
    Digest, DocumentId, Event, Fact, Lane, LaneCursors, Origin, Seq, document::DocumentFault, lan::Report,
    register::HeldRegister, text::CorrelationId,
};

/// A fact to record.
#[derive(Debug, Clone, PartialEq)]
pub struct FactEntry {
    /// What happened.
    pub fact: Fact,
    /// Back-filled: triggers nothing.
    pub replay: bool,
    /// Its place in the device's own log: recorded once, however often it is told.
    pub origin: Option<Origin>,
    /// The command, ticket or visit it belongs to.
    pub corr: Option<CorrelationId>,
}

impl From<Fact> for FactEntry {
    fn from(fact: Fact) -> Self {
        Self {
            fact,
            replay: false,
            origin: None,
            corr: None,
        }
    }
}

impl From<Report> for FactEntry {
    fn from(report: Report) -> Self {
        Self {
            fact: report.fact,
            replay: report.replay,
            origin: report.origin,
            corr: None,
        }
    }
}

/// An event on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedEvent {
    /// Which lane.
    pub lane: Lane,
    /// Its place there.
    pub seq: Seq,
    /// The event.
    pub event: Event,
}

/// How journal and kernel are, for heartbeats and status pages.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KernelStatus {
    /// Last committed seq of each lane.
    pub committed: LaneCursors,
    /// How far the cloud has each lane.
    pub cursor: LaneCursors,
    /// Bytes of the facts lane on disk.
    pub facts_bytes: u64,
    /// Budget of the facts lane, bytes.
    pub facts_limit: u64,
    /// Bytes of the telemetry lane on disk.
    pub telemetry_bytes: u64,
    /// Budget of the telemetry lane, bytes.
    pub telemetry_limit: u64,
    /// Events the cloud does not have, both lanes.
    pub unsent: u64,
    /// Hours until the facts budget is used up, as fast as the lane has grown; none: never at this rate.
    pub hours_left: Option<f32>,
    /// How full the facts lane is.
    pub room: FactsRoom,
    /// How often the agent has started, this run included.
    pub boot: u64,
    /// How far the snapshots on disk cover the facts lane: what a restart need not replay.
    pub snapshots: Seq,
    /// Commits since the start.
    pub commits: u64,
    /// Events since the start.
    pub events: u64,
}

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSettlement {
    /// Which document.
    pub document: DocumentId,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its body.
    pub hash: Digest,
    /// Why it failed; none: it is in force and on disk.
    pub error: Option<DocumentFault>,
}

/// What became of the rows of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterSettlement {
    /// What is held now; on disk.
    pub held: HeldRegister,
    /// Why they changed nothing; none: they are in force, or the cloud goes on from what is held.
    pub error: Option<DocumentFault>,
}
