//! IPP (RFC 8010, RFC 8011): the three requests a print takes, and what their answers say.
//!
//! Only what is used here is understood; an answer cut anywhere is an error, never half an answer.

mod answer;

pub(crate) use answer::{IppResponse, IppStatus};

use crate::printer_status::{PrinterFault, PrinterStatus};
use protocol::{
    PrintId,
    fact::{CoverState, PaperState},
};
use std::fmt;

/// The document format sent: the one that IPP Everywhere demands of every printer.
pub(crate) const PWG: &str = "image/pwg-raster";
const USER: &str = "ostona";

/// `printer-uri`: the printer as it names itself, e.g. `ipp://10.0.0.9:631/ipp/print`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PrinterUri(String);

impl PrinterUri {
    /// The URI.
    fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PrinterUri {
    fn from(uri: String) -> Self {
        Self(uri)
    }
}

impl fmt::Debug for PrinterUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IppOperation {
    PrintJob = 0x0002,
    CancelJob = 0x0008,
    GetJobAttributes = 0x0009,
    GetPrinterAttributes = 0x000b,
}

/// A request being written.
struct Request(Vec<u8>);

impl Request {
    fn new(operation: IppOperation, uri: &PrinterUri) -> Self {
        // Version 2.0, and the request id 1: one request per connection, nothing to tell apart.
        let mut bytes = vec![2, 0];
        bytes.extend_from_slice(&(operation as u16).to_be_bytes());
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        bytes.push(tag::OPERATION);
        Self(bytes)
            .text(tag::CHARSET, "attributes-charset", "utf-8")
            .text(tag::LANGUAGE, "attributes-natural-language", "en")
            .text(tag::URI, "printer-uri", uri.as_str())
    }

    fn value(mut self, tag: u8, name: &str, value: &[u8]) -> Self {
        self.0.push(tag);
        for part in [name.as_bytes(), value] {
            let length = u16::try_from(part.len()).unwrap_or(0);
            self.0.extend_from_slice(&length.to_be_bytes());
            self.0
                .extend_from_slice(part.get(..usize::from(length)).unwrap_or_default());
        }
        self
    }

    fn text(self, tag: u8, name: &str, text: &str) -> Self {
        self.value(tag, name, text.as_bytes())
    }

    /// An attribute of several values: those after the first have no name.
    fn texts(self, tag: u8, name: &str, texts: &[&str]) -> Self {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        texts
            .iter()
            .zip(names)
            .fold(self, |request, (text, name)| request.text(tag, name, text))
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push(tag::END);
        self.0
    }
}

/// Tags of groups and values (RFC 8010 §3.5).
mod tag {
    pub(super) const OPERATION: u8 = 0x01;
    pub(super) const JOB: u8 = 0x02;
    pub(super) const END: u8 = 0x03;
    pub(super) const INTEGER: u8 = 0x21;
    pub(super) const NAME: u8 = 0x42;
    pub(super) const KEYWORD: u8 = 0x44;
    pub(super) const URI: u8 = 0x45;
    pub(super) const CHARSET: u8 = 0x47;
    pub(super) const LANGUAGE: u8 = 0x48;
    pub(super) const MIME: u8 = 0x49;
}

/// How the printer is, and what it takes.
pub(crate) fn get_printer(uri: &PrinterUri) -> Vec<u8> {
    let wanted = [
        "printer-state",
        "printer-state-reasons",
        "printer-is-accepting-jobs",
        "printer-make-and-model",
        "document-format-supported",
        "media-supported",
        "pwg-raster-document-resolution-supported",
    ];
    Request::new(IppOperation::GetPrinterAttributes, uri)
        .text(tag::NAME, "requesting-user-name", USER)
        .texts(tag::KEYWORD, "requested-attributes", &wanted)
        .end()
}

/// Everything before the document of a print on paper of this size. The name is the print's id: nobody's business otherwise.
pub(crate) fn print(uri: &PrinterUri, print: PrintId, media: &str) -> Vec<u8> {
    let mut request = Request::new(IppOperation::PrintJob, uri)
        .text(tag::NAME, "requesting-user-name", USER)
        .text(tag::NAME, "job-name", &print.to_string())
        .text(tag::MIME, "document-format", PWG);
    request.0.push(tag::JOB);
    request
        .value(tag::INTEGER, "copies", &1_u32.to_be_bytes())
        .text(tag::KEYWORD, "media", media)
        .text(tag::KEYWORD, "print-color-mode", "monochrome")
        .text(tag::KEYWORD, "print-scaling", "none")
        .end()
}

/// What became of a print.
pub(crate) fn get_print(uri: &PrinterUri, number: i32) -> Vec<u8> {
    let wanted = ["job-state", "job-state-reasons"];
    Request::new(IppOperation::GetJobAttributes, uri)
        .value(tag::INTEGER, "job-id", &number.to_be_bytes())
        .text(tag::NAME, "requesting-user-name", USER)
        .texts(tag::KEYWORD, "requested-attributes", &wanted)
        .end()
}

/// Gives a print up: paper put in later must not bring it out.
pub(crate) fn cancel(uri: &PrinterUri, number: i32) -> Vec<u8> {
    Request::new(IppOperation::CancelJob, uri)
        .value(tag::INTEGER, "job-id", &number.to_be_bytes())
        .text(tag::NAME, "requesting-user-name", USER)
        .end()
}

/// What became of a print so far (RFC 8011 §5.3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobState {
    /// Not over yet.
    Pending,
    /// All of it is out.
    Completed,
    /// Given up by the printer, or by somebody at it.
    GivenUp,
}

impl JobState {
    /// Out of `job-state`.
    pub(crate) fn of(state: i32) -> Option<Self> {
        match state {
            3..=6 => Some(Self::Pending),
            7 | 8 => Some(Self::GivenUp),
            9 => Some(Self::Completed),
            _ => None,
        }
    }
}

/// How a printer is, out of its attributes. Reasons come with a suffix for how bad it is (`media-empty-error`).
pub(crate) fn look(answer: &IppResponse) -> PrinterStatus {
    let reasons: Vec<&str> = answer.texts("printer-state-reasons").collect();
    let any = |words: &[&str]| {
        reasons
            .iter()
            .any(|reason| words.iter().any(|word| reason.starts_with(word)))
    };
    let paper = if any(&["media-empty", "media-needed"]) {
        PaperState::Out
    } else if any(&["media-low"]) {
        PaperState::Low
    } else {
        PaperState::Ok
    };
    let cover = if any(&["cover-open", "door-open", "interlock-open"]) {
        CoverState::Open
    } else {
        CoverState::Closed
    };
    let fine = paper != PaperState::Out && cover == CoverState::Closed;
    let trouble = if any(&["media-jam"]) {
        Some(PrinterFault::Jam)
    } else if any(&["marker-supply-empty", "toner-empty"]) {
        Some(PrinterFault::Ribbon)
    } else if any(&["paused", "moving-to-paused"]) {
        Some(PrinterFault::Paused)
    } else if any(&["shutdown", "offline", "timed-out", "connecting-to-device"]) {
        Some(PrinterFault::Offline)
    } else if fine
        && (answer.number("printer-state") == Some(5) || answer.flag("printer-is-accepting-jobs") == Some(false))
    {
        Some(PrinterFault::Broken)
    } else {
        None
    };
    PrinterStatus { paper, cover, trouble }
}
