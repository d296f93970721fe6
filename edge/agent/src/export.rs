//! Export: what the cloud does not have, as one signed file. Nothing is marked as sent: imported or not, it is sent again.
//!
//! A damaged part of the journal is left out and said so; the rest is in the file whole or not at all.

use edge_journal::JournalError;
use edge_kernel::{Port, Records};
use edge_uplink::{EdgeIdentity, EdgeIdentityError, ExportFileError, ExportResult};
use protocol::{Epoch, Lane, LaneCursors, Outcome, Reason, Seq, Timestamp};
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
    let ExportResult { upto, batches, .. } = edge_uplink::export(identity, epoch, cursor, now, path, next)?;
    Ok(ExportSummary {
        events: (upto.facts.0 - cursor.facts.0) + (upto.telemetry.0 - cursor.telemetry.0),
        batches,
        damaged,
    })
}

/// Carries the command `journal.export` out.
#[derive(Debug, Clone)]
pub(crate) struct Exporter {
    identity: PathBuf,
    file: PathBuf,
}

impl Exporter {
    /// Of the box with this identity and state.
    pub(crate) fn new(identity: PathBuf, state_dir: &Path) -> Self {
        let file = state_dir.join(FILE);
        Self { identity, file }
    }

    /// Writes the file; the outcome says what is in it.
    pub(crate) async fn run(self, port: &Port) -> Outcome {
        let cursor = match port.status().await {
            Ok(status) => status.cursor,
            Err(refusal) => return failed(Reason::Interrupted, refusal.to_string()),
        };
        let port = port.clone();
        let writing = tokio::task::spawn_blocking(move || self.write(&port, cursor));
        writing
            .await
            .unwrap_or_else(|error| failed(Reason::Interrupted, error.to_string()))
    }

    fn write(&self, port: &Port, cursor: LaneCursors) -> Outcome {
        let identity = match EdgeIdentity::load(&self.identity) {
            Ok(identity) => identity,
            Err(EdgeIdentityError::Absent { .. }) => {
                return Outcome::Rejected {
                    reason: Reason::Unsupported,
                    detail: Some("this box works alone: there is no cloud to export for".to_owned()),
                };
            }
            Err(error) => return failed(Reason::Hardware, error.to_string()),
        };
        let read = |lane, after| port.records(lane, after, PART);
        match write(&identity, port.epoch(), cursor, port.clock().now(), &self.file, read) {
            Ok(ExportSummary {
                events,
                batches,
                damaged,
            }) => {
                damaged.iter().for_each(|what| tracing::warn!(what, "exporting"));
                Outcome::Ok {
                    detail: Some(format!(
                        "{events} events in {batches} batches in {}",
                        self.file.display()
                    )),
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nothing is exported");
                failed(Reason::Hardware, error.to_string())
            }
        }
    }
}

fn failed(reason: Reason, detail: String) -> Outcome {
    let detail = Some(detail);
    Outcome::Failed { reason, detail }
}
