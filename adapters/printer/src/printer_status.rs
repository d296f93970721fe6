//! How a printer is, in the few words all its languages have in common.
//!
//! What a printer does not say stays unknown; nothing is guessed.

use protocol::{
    DeviceId, Fact,
    fact::{CoverState, PaperState, PrinterState},
};

/// What keeps a printer from printing, beside paper and cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrinterFault {
    /// The cutter is stuck.
    Cutter,
    /// The head is too hot, or too cold.
    HeadHot,
    /// Ribbon, ink or toner is used up.
    Ribbon,
    /// Paper is jammed.
    Jam,
    /// Somebody pressed pause.
    Paused,
    /// It says that it is broken, and not how.
    Broken,
    /// It is switched offline, or cannot be reached.
    Offline,
}

impl PrinterFault {
    /// The short stable word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            PrinterFault::Cutter => "cutter",
            PrinterFault::HeadHot => "head_hot",
            PrinterFault::Ribbon => "ribbon_out",
            PrinterFault::Jam => "jam",
            PrinterFault::Paused => "paused",
            PrinterFault::Broken => "broken",
            PrinterFault::Offline => "offline",
        }
    }
}

/// One look at a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PrinterStatus {
    pub(crate) paper: PaperState,
    pub(crate) cover: CoverState,
    pub(crate) trouble: Option<PrinterFault>,
}

impl PrinterStatus {
    /// Of a printer that says nothing.
    pub(crate) const UNKNOWN: PrinterStatus = PrinterStatus {
        paper: PaperState::Unknown,
        cover: CoverState::Unknown,
        trouble: None,
    };
    /// Of a printer that cannot be reached.
    pub(crate) const GONE: PrinterStatus = PrinterStatus {
        trouble: Some(PrinterFault::Offline),
        ..PrinterStatus::UNKNOWN
    };

    /// Why it cannot print now, as a short stable word. What a person can put right by hand comes first.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        if self.cover == CoverState::Open {
            return Some("cover_open");
        }
        if self.paper == PaperState::Out {
            return Some("paper_out");
        }
        self.trouble.map(PrinterFault::word)
    }

    /// Why it wants somebody's attention, as a short stable word.
    pub(crate) fn complaint(&self) -> Option<&'static str> {
        let low = (self.paper == PaperState::Low).then_some("paper_low");
        self.obstacle().or(low)
    }

    /// The fact that says so.
    pub(crate) fn fact(&self, device: &DeviceId) -> Fact {
        Fact::PrinterChanged(PrinterState {
            device: device.clone(),
            paper: self.paper,
            cover: self.cover,
            error: self.trouble.map(|trouble| trouble.word().into()),
        })
    }

    /// For people.
    pub(crate) fn in_words(&self) -> String {
        let paper = match self.paper {
            PaperState::Ok => "paper ok",
            PaperState::Low => "paper low",
            PaperState::Out => "no paper",
            PaperState::Unknown => "paper unknown",
        };
        let cover = match self.cover {
            CoverState::Closed => "cover closed",
            CoverState::Open => "cover open",
            CoverState::Unknown => "cover unknown",
        };
        match self.trouble {
            Some(trouble) => format!("{paper}, {cover}, {}", trouble.word()),
            None => format!("{paper}, {cover}"),
        }
    }
}
