//! Facts about paper: what was to be printed, what became of it, and how printers are.

use super::Shape;
use crate::{
    id::{DeviceId, PrintId},
    print::SheetKind,
    text::{CorrelationId, ReasonWord},
};
use serde::{Deserialize, Serialize};

/// A sheet on its way through a printer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrintChange {
    /// Which print: one sheet of paper that somebody asked for, reprints apart.
    pub print: PrintId,
    /// The printer.
    pub device: DeviceId,
    /// What kind of sheet.
    pub doc: SheetKind,
    /// It carries the mark of a copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copy: bool,
    /// Why it failed, as a short stable word: `paper_out`, `cover_open`, `offline`, `no_answer`, `interrupted`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonWord>,
}

/// How a printer is; recorded where it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrinterState {
    /// The printer.
    pub device: DeviceId,
    /// Its paper.
    pub paper: PaperState,
    /// Its cover.
    pub cover: CoverState,
    /// Anything else that keeps it from printing, as a short stable word: `cutter`, `offline`, `head_hot`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ReasonWord>,
}

/// A printer's paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperState {
    /// Enough.
    Ok,
    /// The near-end sensor sees little left.
    Low,
    /// None.
    Out,
    /// The printer does not say.
    Unknown,
}

/// A printer's cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverState {
    /// Closed.
    Closed,
    /// Open.
    Open,
    /// The printer does not say.
    Unknown,
}

impl Shape for PrintChange {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
    fn belongs_to(&self) -> Option<CorrelationId> {
        Some(self.print.into())
    }
}

impl Shape for PrinterState {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
}
