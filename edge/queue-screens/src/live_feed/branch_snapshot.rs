//! What all screens show, as of one look at the site: plain values, shared by whoever renders them.
//!
//! No token stands here, and a name of a ticket's holder at the window they are called to only.

use super::side_state::{HelpCall, PrinterTrouble};
use crate::holder::HolderName;
use edge_announce::{EmergencyNotice, NoticeText, VoiceState};
use edge_lan::{CloudLink, stream};
use edge_queue::{Moment, Ticket, TicketPhase};
use protocol::{
    ClockState, DeviceId, Lang, PersonId, SpotId, Timestamp,
    id::{ScreenId, ServiceId, TicketId},
    queue::{Arrow, Branch, Source, TicketNumber, WaitRange},
    text::ReasonWord,
};
use std::{collections::BTreeMap, sync::Arc};

/// One look at the site.
#[derive(Debug, Clone)]
pub(crate) struct BranchSnapshot {
    pub(crate) moment: Moment,
    pub(crate) branch: Option<Arc<Branch>>,
    /// The latest calls, newest first.
    pub(crate) called: Vec<CalledTicket>,
    /// In the branch's order.
    pub(crate) services: Vec<ServiceState>,
    pub(crate) windows: BTreeMap<SpotId, WindowState>,
    /// Tickets that wait, are held or may come back.
    pub(crate) rows: BTreeMap<TicketId, QueueRow>,
    /// Tickets somebody looks at.
    pub(crate) watched_tickets: BTreeMap<TicketId, TicketView>,
    pub(crate) help: Vec<HelpCall>,
    pub(crate) printers: Vec<(DeviceId, PrinterTrouble)>,
    pub(crate) dark: Vec<ScreenId>,
    /// What the voice is at.
    pub(crate) voice: VoiceState,
    pub(crate) link: CloudLink,
    pub(crate) emergency: Option<EmergencyNotice>,
    /// What stands at the foot of the displays now, in every language it is given in.
    pub(crate) notice: Option<Vec<NoticeText>>,
}

/// A ticket that was called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CalledTicket {
    pub(crate) ticket: TicketId,
    pub(crate) number: TicketNumber,
    pub(crate) window: u16,
    pub(crate) arrow: Option<Arrow>,
    pub(crate) phase: TicketPhase,
    pub(crate) at: Timestamp,
}

/// How a service stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceState {
    pub(crate) id: ServiceId,
    pub(crate) waiting: u32,
    pub(crate) windows: u32,
    pub(crate) wait: Option<WaitRange>,
    pub(crate) open: Opening,
}

/// Whether a service takes tickets now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    Now,
    /// Not now; when, where that is known.
    At(Option<Timestamp>),
}

/// A window with somebody at it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowState {
    pub(crate) operator: PersonId,
    /// Why they pause; none: they work.
    pub(crate) pause: Option<ReasonWord>,
    pub(crate) since: Timestamp,
    /// The ticket at the window, as it is.
    pub(crate) ticket: Option<Ticket>,
    /// What its holder is called, where they said so: for this window's desk alone.
    pub(crate) holder: Option<HolderName>,
    /// Whom this window would call, in that order.
    pub(crate) order: Vec<TicketId>,
    pub(crate) served: u32,
    /// Mean time of a service today, seconds.
    pub(crate) average_s: Option<u64>,
}

/// A ticket in a waiting list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueueRow {
    pub(crate) ticket: TicketId,
    pub(crate) number: TicketNumber,
    pub(crate) service: ServiceId,
    pub(crate) source: Source,
    pub(crate) phase: TicketPhase,
    pub(crate) issued_at: Timestamp,
    pub(crate) waited_ms: u64,
    pub(crate) until: Option<Timestamp>,
}

/// A ticket as its holder sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TicketView {
    pub(crate) ticket: Ticket,
    pub(crate) ahead: Option<u32>,
    pub(crate) wait: Option<WaitRange>,
    /// The number above the window it is called to.
    pub(crate) window: Option<u16>,
}

impl Default for BranchSnapshot {
    fn default() -> Self {
        Self {
            moment: Moment {
                at: Timestamp::from_millis(0),
                clock: ClockState::Estimated,
                offset_seconds: 0,
            },
            branch: None,
            called: Vec::new(),
            services: Vec::new(),
            windows: BTreeMap::new(),
            rows: BTreeMap::new(),
            watched_tickets: BTreeMap::new(),
            help: Vec::new(),
            printers: Vec::new(),
            dark: Vec::new(),
            voice: VoiceState::default(),
            link: CloudLink::Alone,
            emergency: None,
            notice: None,
        }
    }
}

impl stream::StreamSnapshot for BranchSnapshot {
    fn taken_at(&self) -> (Timestamp, i32) {
        (self.moment.at, self.moment.offset_seconds)
    }
}

impl BranchSnapshot {
    /// The service's name in a language; its id where the branch no longer has it.
    pub(crate) fn service_name(&self, id: &ServiceId, lang: Lang) -> String {
        let service = self.branch.as_ref().and_then(|branch| branch.service(id));
        service.map_or_else(|| id.to_string(), |service| service.name.get(lang).to_owned())
    }

    /// What stands above a window; 0 where the branch no longer has it.
    pub(crate) fn window_number(&self, window: &SpotId) -> u32 {
        let window = self.branch.as_ref().and_then(|branch| branch.window(window));
        window.map_or(0, |window| window.number.into())
    }

    /// The language a screen begins with.
    pub(crate) fn first_lang(&self) -> Lang {
        let branch = self.branch.as_ref();
        branch
            .and_then(|branch| branch.draft().languages.first().copied())
            .unwrap_or_default()
    }
}
