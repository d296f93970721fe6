//! What is known of each sheet, and what each event changes. Equal histories give equal bytes.

use protocol::{DeviceId, Event, Fact, PrintId, fact::PrintChange, print::SheetKind, text::ReasonWord};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Sheets whose end is remembered.
const KEPT: usize = 512;

/// Sheets under way, and what became of the last ones.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Prints {
    known: BTreeMap<PrintId, PrintStatus>,
    /// Ended ones, oldest first: the first to be forgotten.
    ended: VecDeque<PrintId>,
}

/// How a sheet is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintStatus {
    /// The printer that has it, or had it last.
    pub device: DeviceId,
    /// What kind of sheet.
    pub doc: SheetKind,
    /// Marked as a copy.
    pub copy: CopyMark,
    /// What became of it.
    pub fate: PrintState,
}

/// Whether a sheet carries the mark of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyMark {
    /// The first of its kind.
    Original,
    /// A copy.
    Copy,
}

/// What became of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintState {
    /// A printer has it.
    Queued,
    /// Printed; the printer said so.
    Printed,
    /// Not printed, or not whole.
    Failed(ReasonWord),
    /// Nobody can tell.
    Doubtful(ReasonWord),
}

impl Prints {
    /// How a sheet is; none that was never asked for, or long ago.
    pub fn status(&self, print: &PrintId) -> Option<&PrintStatus> {
        self.known.get(print)
    }

    /// Sheets that a printer has.
    pub fn under_way(&self) -> impl Iterator<Item = (&PrintId, &PrintStatus)> {
        self.known
            .iter()
            .filter(|(_, status)| status.fate == PrintState::Queued)
    }

    fn set(&mut self, moved: &PrintChange, fate: PrintState) {
        let has_ended = fate != PrintState::Queued;
        let status = PrintStatus {
            device: moved.device.clone(),
            doc: moved.doc,
            copy: if moved.copy { CopyMark::Copy } else { CopyMark::Original },
            fate,
        };
        self.known.insert(moved.print, status);
        self.ended.retain(|print| *print != moved.print);
        if has_ended {
            self.ended.push_back(moved.print);
        }
        while self.ended.len() > KEPT {
            if let Some(oldest) = self.ended.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

/// Applies one event of the facts lane.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an app hears what it decides itself; the other facts are other apps'"
)]
pub fn apply(prints: &mut Prints, event: &Event) {
    let reason = |moved: &PrintChange| moved.reason.clone().unwrap_or_default();
    match &event.fact {
        Fact::PrintQueued(moved) => prints.set(moved, PrintState::Queued),
        Fact::PrintDone(moved) => prints.set(moved, PrintState::Printed),
        Fact::PrintFailed(moved) => prints.set(moved, PrintState::Failed(reason(moved))),
        Fact::PrintDoubtful(moved) => prints.set(moved, PrintState::Doubtful(reason(moved))),
        _ => {}
    }
}
