//! What screens show beside the queue: calls for help, printers, dark displays, the announcement that sounds now.
//!
//! All of it is of this run only: after a restart it is found again, or nobody needs it any more.

use protocol::{
    DeviceId, Lang, Timestamp,
    fact::{CoverState, PaperState, PrinterState},
    id::{ScreenId, TicketId},
};
use std::collections::{BTreeMap, VecDeque};

/// Calls for help kept at once.
const HELP: usize = 20;
/// A call for help that nobody answered is let go after this, milliseconds.
const HELP_MS: i64 = 15 * 60_000;
/// A display that says nothing for this long is dark, milliseconds of uptime.
const DARK_MS: u64 = 40_000;

/// See the module.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) help: VecDeque<Help>,
    pub(crate) printers: BTreeMap<DeviceId, PrinterState>,
    /// When each display was last heard, uptime in milliseconds.
    pub(crate) displays: BTreeMap<ScreenId, u64>,
    pub(crate) say: Option<Say>,
    /// Languages whose stem set lacks a word: calls are not said in them.
    pub(crate) mute: Vec<Lang>,
    /// Names of those at windows, as they gave them.
    pub(super) holders: BTreeMap<TicketId, Option<String>>,
    asked: u64,
}

/// Somebody at a screen wants a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Help {
    pub(crate) id: u64,
    pub(crate) screen: ScreenId,
    pub(crate) lang: Lang,
    pub(crate) at: Timestamp,
}

/// The announcement that is to be played now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Say {
    pub(crate) id: u64,
    pub(crate) ticket: Option<TicketId>,
}

impl Beside {
    pub(crate) fn help_asked(&mut self, screen: ScreenId, lang: Lang, at: Timestamp) {
        self.help.retain(|help| help.screen != screen);
        if self.help.len() >= HELP {
            self.help.pop_front();
        }
        self.asked += 1;
        let id = self.asked;
        self.help.push_back(Help { id, screen, lang, at });
    }

    /// Somebody goes there.
    pub(crate) fn help_answered(&mut self, id: u64) {
        self.help.retain(|help| help.id != id);
    }

    pub(crate) fn forget_old(&mut self, now: Timestamp) {
        self.help.retain(|help| now.as_millis() - help.at.as_millis() < HELP_MS);
    }

    /// Displays that were there and say nothing any more.
    pub(crate) fn dark(&self, up_ms: u64) -> Vec<ScreenId> {
        let silent = self
            .displays
            .iter()
            .filter(|(_, heard)| heard.saturating_add(DARK_MS) < up_ms);
        silent.map(|(screen, _)| screen.clone()).collect()
    }
}

/// What is wrong with a printer, the worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    PaperOut,
    CoverOpen,
    PaperLow,
    Other(String),
}

impl Trouble {
    pub(crate) fn of(state: &PrinterState) -> Option<Self> {
        match (state.paper, state.cover, &state.error) {
            (PaperState::Out, _, _) => Some(Trouble::PaperOut),
            (_, CoverState::Open, _) => Some(Trouble::CoverOpen),
            (_, _, Some(error)) => Some(Trouble::Other(error.clone())),
            (PaperState::Low, _, None) => Some(Trouble::PaperLow),
            (PaperState::Ok | PaperState::Unknown, CoverState::Closed | CoverState::Unknown, None) => None,
        }
    }
}
