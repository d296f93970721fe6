//! ZPL II: a label is one image (`^GFA`), because the printers' own letters lack Cyrillic (facts/devices.md §4.3).
//!
//! Source: Zebra ZPL II programming guide, `^GF` and `~HS`.

use crate::{
    printer_status::{PrinterFault, PrinterStatus},
    raster::Image,
};
use protocol::fact::{CoverState, PaperState};
use std::fmt::Write as _;

/// `~HS`: three lines about the printer, at once.
pub(crate) const ASK_STATUS: &[u8] = b"~HS";
/// `~JA`: forget every label.
pub(crate) const FORGET: &[u8] = b"~JA";
/// No status is longer.
const LONGEST: usize = 512;

/// One label: width (`^PW`), length (`^LL`), the image, once (`^PQ`).
pub(crate) fn label(image: &Image) -> Vec<u8> {
    let (bytes, stride) = (image.bits().len(), image.stride());
    let mut label = format!(
        "^XA^PW{}^LL{}^LH0,0^FO0,0^GFA,{bytes},{bytes},{stride},",
        image.width(),
        image.height().max(1)
    );
    let mut before: Option<&[u8]> = None;
    for row in image.rows() {
        if before == Some(row) {
            label.push(':');
        } else {
            hexadecimal(row, &mut label);
        }
        before = Some(row);
    }
    label.push_str("^FS^PQ1^XZ\n");
    label.into_bytes()
}

/// A row in hexadecimal; white to its end is a comma.
fn hexadecimal(row: &[u8], label: &mut String) {
    let inked = row.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in row.iter().take(inked) {
        // Writing to a text does not fail.
        let _ = write!(label, "{byte:02X}");
    }
    if inked < row.len() {
        label.push(',');
    }
}

/// What `~HS` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostStatus {
    pub(crate) look: PrinterStatus,
    /// Labels that are not out yet.
    pub(crate) waiting: u64,
}

/// Why a status is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StatusError {
    #[error("a status of more than {LONGEST} bytes")]
    TooLong,
    #[error("a status without its fields")]
    Fields,
}

/// Collects the three lines of a status, each between STX and ETX.
#[derive(Debug, Default)]
pub(crate) struct ZplStatusParser {
    bytes: Vec<u8>,
}

impl ZplStatusParser {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// A whole status; none: more must come first.
    pub(crate) fn status(&mut self) -> Result<Option<HostStatus>, StatusError> {
        let ends: Vec<usize> = (0..)
            .zip(&self.bytes)
            .filter(|(_, byte)| **byte == 3)
            .map(|(at, _)| at)
            .collect();
        let Some(third) = ends.get(2) else {
            return self.bounded();
        };
        let whole: Vec<u8> = self.bytes.drain(..=*third).collect();
        let text = String::from_utf8_lossy(&whole);
        let mut lines = text.split('\u{3}').map(|line| {
            let start = line
                .rfind('\u{2}')
                .map_or(line, |at| line.get(at + 1..).unwrap_or_default());
            start.split(',').collect::<Vec<&str>>()
        });
        let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
            return Err(StatusError::Fields);
        };
        parse(&first, &second).map(Some).ok_or(StatusError::Fields)
    }

    fn bounded(&self) -> Result<Option<HostStatus>, StatusError> {
        if self.bytes.len() > LONGEST {
            return Err(StatusError::TooLong);
        }
        Ok(None)
    }
}

fn parse(first: &[&str], second: &[&str]) -> Option<HostStatus> {
    let number = |fields: &[&str], place: usize| fields.get(place)?.trim().parse::<u64>().ok();
    let flag = |fields: &[&str], place: usize| Some(number(fields, place)? != 0);
    let (no_paper, paused) = (flag(first, 1)?, flag(first, 2)?);
    let (cold, hot) = (flag(first, 10)?, flag(first, 11)?);
    let (head_up, no_ribbon) = (flag(second, 2)?, flag(second, 3)?);
    let waiting = number(first, 4)?.saturating_add(number(second, 8)?);
    let trouble = if hot || cold {
        Some(PrinterFault::HeadHot)
    } else if no_ribbon {
        Some(PrinterFault::Ribbon)
    } else {
        // Without paper or with its head up it pauses by itself.
        (paused && !no_paper && !head_up).then_some(PrinterFault::Paused)
    };
    let look = PrinterStatus {
        paper: if no_paper { PaperState::Out } else { PaperState::Ok },
        cover: if head_up { CoverState::Open } else { CoverState::Closed },
        trouble,
    };
    Some(HostStatus { look, waiting })
}
