//! What all printers have in common, whatever they understand.
//!
//! Whatever a press says of a sheet, it says once, and after that not one more byte of it is sent.

use crate::{
    faces::Faces,
    imprint::Imprint,
    layout::{LayoutError, Paper, lay_out},
    printer_status::PrinterStatus,
    raster::{Image, Rasterizer},
};
use adapter_sdk::{DriverError, socket::SocketError};
use async_trait::async_trait;
use protocol::{PrintId, Reason};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Time to connect.
pub(super) const CONNECT: Duration = Duration::from_secs(5);
/// Time a printer has to say how it is: somebody waits for a ticket, and another printer may have paper.
pub(super) const PROBE: Duration = Duration::from_secs(2);
/// Time for a sheet that makes no progress any more.
pub(super) const STALL: Duration = Duration::from_secs(15);

/// A sheet on its way over the line.
#[derive(Debug)]
pub(super) struct PreparedSheet {
    pub(super) print: PrintId,
    /// In order.
    pub(super) pieces: Vec<Vec<u8>>,
}

/// Why a sheet was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    /// A short stable word.
    pub(super) word: &'static str,
}

impl Refusal {
    /// The printer, or this adapter, cannot do that.
    pub(super) const fn unsupported(word: &'static str) -> Self {
        Self {
            reason: Reason::Unsupported,
            word,
        }
    }
}

impl From<LayoutError> for Refusal {
    fn from(error: LayoutError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a sheet that cannot be laid out"
        );
        Self::unsupported(error.word())
    }
}

/// What became of a sheet.
#[derive(Debug, Clone, Copy)]
pub(super) enum SheetResult {
    /// The printer says that it is out.
    Printed(PrinterStatus),
    /// The printer took all of it and never says anything.
    HandedOver,
    /// Begun, and known not to be whole: why, as a short stable word.
    Spoilt(PrinterStatus, &'static str),
    /// Begun, and nobody knows.
    Doubtful,
    /// The printer turned it away: nothing was printed.
    Untouched(Refusal),
}

/// How a print ended: what became of the sheet, and of the line.
#[derive(Debug)]
pub(super) struct PrintResult {
    pub(super) verdict: SheetResult,
    pub(super) line: LineState,
}

/// What became of the line.
#[derive(Debug)]
pub(super) enum LineState {
    /// It can be used further.
    Fine,
    /// Part of a sheet may be on it: it must be begun anew.
    Reconnect,
    /// It failed.
    Failed(DriverError),
}

/// A printer that is connected to.
#[async_trait]
pub(super) trait PrinterSession: Send {
    /// How it is, asked now.
    async fn read_status(&mut self) -> Result<PrinterStatus, DriverError>;
    /// How it is, where it says so unasked. Given up while waiting, nothing is lost.
    async fn next_status(&mut self) -> Result<PrinterStatus, DriverError>;
    /// Makes a sheet ready. Nothing is sent.
    fn prepare(&mut self, imprint: &Imprint<'_>) -> Result<PreparedSheet, Refusal>;
    /// Prints a sheet, whose first byte must not be written after `deadline`. Never given up half-way.
    async fn print(&mut self, ready: PreparedSheet, deadline: Instant) -> PrintResult;
    /// Begins anew with the printer, which must not finish what was given up. Whoever waits for the sheet knows by then.
    async fn begin_anew(&mut self) -> Result<(), DriverError>;
    /// Makes the printer show where it stands.
    async fn identify(&mut self) -> Result<IdentifyResult, DriverError>;
}

/// Whether a printer showed where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdentifyResult {
    /// It did.
    Shown,
    /// It has nothing to show it with.
    Unable,
}

/// Lays sheets out for one printer, and draws them.
#[derive(Debug)]
pub(super) struct SheetRenderer {
    faces: Arc<Faces>,
    rasterizer: Rasterizer,
    paper: Paper,
}

impl SheetRenderer {
    pub(super) fn new(faces: Arc<Faces>, paper: Paper) -> Self {
        Self {
            rasterizer: Rasterizer::new(Arc::clone(&faces)),
            faces,
            paper,
        }
    }

    pub(super) fn image(&mut self, imprint: &Imprint<'_>) -> Result<Image, LayoutError> {
        let laid = lay_out(imprint, &self.paper, &self.faces)?;
        Ok(self.rasterizer.draw(&laid))
    }
}

/// The end of a run whose line failed.
pub(super) fn lost(doing: &'static str) -> impl FnOnce(SocketError) -> DriverError {
    move |source| DriverError::Lost { doing, source }
}
