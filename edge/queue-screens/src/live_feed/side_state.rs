//! What screens show beside the queue: calls for help, printers, dark displays.
//!
//! All of it is of this run only: after a restart it is found again, or nobody needs it any more.

use crate::holder::HolderName;
use edge_lan::pairing::Screen;
use protocol::{
    DeviceId, Lang, Timestamp,
    fact::{CoverState, PaperState, PrinterState},
    id::{ScreenId, TicketId},
    text::ReasonWord,
};
use std::collections::{BTreeMap, VecDeque};
use tokio_util::sync::CancellationToken;

/// Calls for help kept at once.
const HELP: usize = 20;
/// A call for help that nobody answered is let go after this, milliseconds.
const HELP_MS: i64 = 15 * 60_000;
/// A display that says nothing for this long is dark, milliseconds of uptime.
const DARK_MS: u64 = 40_000;

/// See the module.
#[derive(Default)]
pub(crate) struct SideState {
    pub(crate) help: VecDeque<HelpCall>,
    pub(crate) printers: BTreeMap<DeviceId, PrinterState>,
    displays: BTreeMap<ScreenId, SeenDisplay>,
    /// Names of those at windows, as they gave them.
    pub(super) holders: BTreeMap<TicketId, Option<HolderName>>,
    asked: u64,
}

/// Somebody at a screen wants a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HelpCall {
    pub(crate) id: u64,
    pub(crate) screen: ScreenId,
    pub(crate) lang: Lang,
    pub(crate) at: Timestamp,
}

/// A display that was heard.
struct SeenDisplay {
    /// When last, uptime in milliseconds.
    up_ms: u64,
    /// Cancelled once it is no longer one of the site's: nobody misses it then.
    gone: CancellationToken,
}

impl SideState {
    pub(crate) fn help_asked(&mut self, screen: ScreenId, lang: Lang, at: Timestamp) {
        self.help.retain(|help| help.screen != screen);
        if self.help.len() >= HELP {
            self.help.pop_front();
        }
        self.asked += 1;
        let id = self.asked;
        self.help.push_back(HelpCall { id, screen, lang, at });
    }

    /// Somebody goes there.
    pub(crate) fn help_answered(&mut self, id: u64) {
        self.help.retain(|help| help.id != id);
    }

    pub(crate) fn forget_old(&mut self, now: Timestamp) {
        self.help.retain(|help| now.as_millis() - help.at.as_millis() < HELP_MS);
    }

    /// A display was heard.
    pub(crate) fn display_seen(&mut self, display: &Screen, up_ms: u64) {
        let gone = display.gone.clone();
        self.displays.insert(display.id.clone(), SeenDisplay { up_ms, gone });
    }

    /// How many displays of the site were heard.
    #[cfg(test)]
    pub(crate) fn displays(&mut self) -> usize {
        self.forget_revoked();
        self.displays.len()
    }

    /// Lets go of displays that are no longer the site's.
    pub(crate) fn forget_revoked(&mut self) {
        self.displays.retain(|_, display| !display.gone.is_cancelled());
    }

    /// Displays that were there and say nothing any more.
    pub(crate) fn silent_displays(&self, up_ms: u64) -> Vec<ScreenId> {
        let silent = self
            .displays
            .iter()
            .filter(|(_, seen)| seen.up_ms.saturating_add(DARK_MS) < up_ms);
        silent.map(|(screen, _)| screen.clone()).collect()
    }
}

/// What is wrong with a printer, the worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PrinterTrouble {
    PaperOut,
    CoverOpen,
    PaperLow,
    Other(ReasonWord),
}

impl PrinterTrouble {
    pub(crate) fn of(state: &PrinterState) -> Option<Self> {
        match (state.paper, state.cover, &state.error) {
            (PaperState::Out, _, _) => Some(PrinterTrouble::PaperOut),
            (_, CoverState::Open, _) => Some(PrinterTrouble::CoverOpen),
            (_, _, Some(error)) => Some(PrinterTrouble::Other(error.clone())),
            (PaperState::Low, _, None) => Some(PrinterTrouble::PaperLow),
            (PaperState::Ok | PaperState::Unknown, CoverState::Closed | CoverState::Unknown, None) => None,
        }
    }
}
