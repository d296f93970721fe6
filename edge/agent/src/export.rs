//! Export: what the cloud does not have, as one signed file. Nothing is marked as sent: imported or not, it is sent again.
//!
//! A damaged part of the journal is left out and said so; the rest is in the file whole or not at all.

use edge_journal::JournalError;
use edge_kernel::{FactEntry, Port, Records};
use edge_seal::SealingKey;
use edge_uplink::{EdgeIdentity, EdgeIdentityError, ExportFileError, ExportResult, ExportedLane};
use protocol::{
    Actor, CommandId, Epoch, Fact, Lane, LaneCursors, Outcome, Reason, Seq, Timestamp,
    fact::{DropReason, EventRange},
};
use std::path::{Path, PathBuf};

/// Bytes of records in one part of an export file.
pub(crate) const PART: usize = 1 << 20;
/// The file that the command writes; the next one replaces it.
const FILE: &str = "export.ostona";

/// What was written.
#[derive(Debug)]
pub(crate) struct ExportSummary {
    /// Events in it.
    pub(crate) events: u64,
    /// Batches.
    pub(crate) batches: usize,
    /// What is in it of each lane.
    pub(crate) lanes: Vec<ExportedLane>,
    /// What is damaged and left out, for people.
    pub(crate) damaged: Vec<String>,
}

/// Writes what comes after `cursor` to `path`. Blocks.
pub(crate) fn write(
    identity: &EdgeIdentity,
    epoch: Epoch,
    cursor: LaneCursors,
    now: Timestamp,
    path: &Path,
    read: impl Fn(Lane, Seq) -> Result<Option<Records>, JournalError>,
) -> Result<ExportSummary, ExportFileError> {
    let mut damaged = Vec::new();
    let next = |lane: Lane, mut after: Seq| loop {
        match read(lane, after) {
            Ok(records) => return records,
            Err(JournalError::Damaged { lane, from, to }) => {
                damaged.push(format!(
                    "records {from} to {to} of the {lane} lane are damaged and left out"
                ));
                after = to;
            }
            Err(error) => {
                damaged.push(format!("the {lane} lane cannot be read on after {after}: {error}"));
                return None;
            }
        }
    };
    let ExportResult {
        upto, batches, lanes, ..
    } = edge_uplink::export(identity, epoch, cursor, now, path, next)?;
    Ok(ExportSummary {
        events: (upto.facts.0 - cursor.facts.0) + (upto.telemetry.0 - cursor.telemetry.0),
        batches,
        lanes,
        damaged,
    })
}

/// Carries the command `journal.export` out.
#[derive(Debug, Clone)]
pub(crate) struct Exporter {
    identity: PathBuf,
    seal: Option<SealingKey>,
    file: PathBuf,
}

impl Exporter {
    /// Of the box with this identity and state.
    pub(crate) fn new(identity: PathBuf, seal: Option<SealingKey>, state_dir: &Path) -> Self {
        let file = state_dir.join(FILE);
        Self { identity, seal, file }
    }

    /// Writes the file, and records what is in it as done by whoever asked; the outcome says it to them.
    pub(crate) async fn run(self, port: &Port, by: Actor, command: CommandId) -> Outcome {
        let cursor = match port.status().await {
            Ok(status) => status.cursor,
            Err(refusal) => return failed(Reason::Interrupted, refusal.to_string()),
        };
        let (reader, file) = (port.clone(), self.file.clone());
        let writing = tokio::task::spawn_blocking(move || self.write(&reader, cursor));
        let written = match writing.await {
            Ok(Ok(written)) => written,
            Ok(Err(outcome)) => return outcome,
            Err(error) => return failed(Reason::Interrupted, error.to_string()),
        };
        let ExportSummary {
            events,
            batches,
            lanes,
            damaged,
        } = written;
        damaged.iter().for_each(|what| tracing::warn!(what, "exporting"));
        let entries = lanes.into_iter().map(|lane| entry(lane, command)).collect();
        if let Err(refusal) = port.record(by, entries).await {
            // Many an export is asked for because the journal is full: the file counts, and the outcome tells of it.
            tracing::warn!(%refusal, "an export was not recorded");
        }
        Outcome::Ok {
            detail: Some(format!("{events} events in {batches} batches in {}", file.display())),
        }
    }

    fn write(&self, port: &Port, cursor: LaneCursors) -> Result<ExportSummary, Outcome> {
        let identity = match EdgeIdentity::load(&self.identity, self.seal.as_ref()) {
            Ok(identity) => identity,
            Err(EdgeIdentityError::Absent { .. }) => {
                return Err(Outcome::Rejected {
                    reason: Reason::Unsupported,
                    detail: Some("this box works alone: there is no cloud to export for".to_owned()),
                });
            }
            Err(error) => return Err(failed(Reason::Hardware, error.to_string())),
        };
        let read = |lane, after| port.records(lane, after, PART);
        write(
            &identity,
            identity.epoch(),
            cursor,
            port.clock().now(),
            &self.file,
            read,
        )
        .map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "nothing is exported");
            failed(Reason::Hardware, error.to_string())
        })
    }
}

fn entry(exported: ExportedLane, command: CommandId) -> FactEntry {
    let ExportedLane { lane, from, to, bytes } = exported;
    let exported = EventRange {
        lane,
        from_seq: from,
        to_seq: to,
        bytes,
        reason: DropReason::Exported,
    };
    FactEntry {
        corr: Some(command.into()),
        ..FactEntry::from(Fact::JournalExported(exported))
    }
}

fn failed(reason: Reason, detail: String) -> Outcome {
    let detail = Some(detail);
    Outcome::Failed { reason, detail }
}
