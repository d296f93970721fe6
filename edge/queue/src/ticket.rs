//! One visit, from ticket to end: its state, what it went through, and its place in line.
//!
//! What exists only in one state lives in that state. A period, once over, is never written again.

use crate::rank::Rank;
use protocol::{
    Lang, PersonId, SpotId, Timestamp,
    id::{BookingId, ServiceId, TicketId},
    queue::{Day, Source, TicketNumber, TicketPhase},
    text::TicketTokenHash,
};
use serde::{Deserialize, Serialize};

/// Periods kept of one ticket, the newest; a visit has about five.
const PERIODS_KEPT: usize = 60;

/// One visit to the branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Which.
    pub id: TicketId,
    /// What stands on it.
    pub number: TicketNumber,
    /// The day it counts for.
    pub day: Day,
    /// What it waits for, is served with, or was last.
    pub service: ServiceId,
    /// How it was taken.
    pub source: Source,
    /// The language chosen.
    pub lang: Lang,
    /// SHA-256 of the holder's token, lower-case hex.
    pub token_hash: TicketTokenHash,
    /// The agreed time it was taken for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// When that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_at: Option<Timestamp>,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// How it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// What it went through before, oldest first.
    pub periods: Vec<TicketPeriod>,
    /// Who alone may call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<ExclusiveCaller>,
    /// Where it comes back to once it was served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<ReturnPlace>,
    /// When its holder asked for more time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed_at: Option<Timestamp>,
    /// Services of the visit that were finished, in order, each with the window that did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<(ServiceId, SpotId)>,
    /// What its holder said of it, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    pub(crate) rank: Rank,
    pub(crate) seq: u64,
    /// Milliseconds it waited for this service in periods that are over.
    pub(crate) waited_ms: u64,
    /// Milliseconds it was served with this service in periods that are over.
    pub(crate) served_ms: u64,
}

/// How a ticket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// In line.
    Waiting,
    /// Called to a window.
    Called {
        /// Which.
        window: SpotId,
        /// What stands above it.
        window_number: u16,
        /// Who called.
        operator: PersonId,
        /// 1 for the first call, one more with each recall.
        attempt: u8,
        /// When the last call was.
        last: Timestamp,
    },
    /// At a window.
    Serving {
        /// Which.
        window: SpotId,
        /// Who serves.
        operator: PersonId,
    },
    /// Put aside.
    Held {
        /// Until then.
        until: Timestamp,
    },
    /// Did not come.
    NoShow {
        /// May come back until then.
        until: Timestamp,
    },
    /// Over.
    Ended {
        /// How.
        how: TicketEnding,
    },
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketEnding {
    /// Served.
    Done,
    /// Given up.
    Cancelled,
    /// Not ended in time, or did not come back in time.
    Expired,
}

/// A stretch of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketPeriod {
    /// The state it was in.
    pub state: TicketPhase,
    /// For which service.
    pub service: ServiceId,
    /// Where, if at a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotId>,
    /// With whom, if with somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<PersonId>,
    /// From.
    pub from: Timestamp,
    /// To; none: it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
}

/// Who alone may call a ticket, as long as somebody is there who can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusiveCaller {
    /// The window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SpotId>,
    /// The person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// Where a transferred ticket comes back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnPlace {
    /// The window it left.
    pub window: SpotId,
    /// The service it had there.
    pub service: ServiceId,
}

impl State {
    /// The window, where it is at one or called to one.
    pub fn window(&self) -> Option<&SpotId> {
        match self {
            State::Called { window, .. } | State::Serving { window, .. } => Some(window),
            State::Waiting | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => None,
        }
    }
    /// The operator, where it is with one or called by one.
    pub fn operator(&self) -> Option<PersonId> {
        match self {
            State::Called { operator, .. } | State::Serving { operator, .. } => Some(*operator),
            State::Waiting | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => None,
        }
    }
    /// Its name.
    pub const fn phase(&self) -> TicketPhase {
        match self {
            State::Waiting => TicketPhase::Waiting,
            State::Called { .. } => TicketPhase::Called,
            State::Serving { .. } => TicketPhase::Serving,
            State::Held { .. } => TicketPhase::Held,
            State::NoShow { .. } => TicketPhase::NoShow,
            State::Ended {
                how: TicketEnding::Done,
            } => TicketPhase::Done,
            State::Ended {
                how: TicketEnding::Cancelled,
            } => TicketPhase::Cancelled,
            State::Ended {
                how: TicketEnding::Expired,
            } => TicketPhase::Expired,
        }
    }
}

impl Ticket {
    /// The state by its name.
    pub fn phase(&self) -> TicketPhase {
        self.state.phase()
    }
    /// Whether the visit is over.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }
    /// The period that lasts.
    pub fn present(&self) -> TicketPeriod {
        TicketPeriod {
            state: self.phase(),
            service: self.service.clone(),
            spot: self.state.window().cloned(),
            operator: self.state.operator(),
            from: self.since,
            to: None,
        }
    }
    /// How long it waited for its present service by `now`, milliseconds, holds apart.
    pub fn waited_ms(&self, now: Timestamp) -> u64 {
        self.waited_ms + self.lasting_ms(TicketPhase::Waiting, now)
    }
    /// How long it was served with its present service by `now`, milliseconds.
    pub fn served_ms(&self, now: Timestamp) -> u64 {
        self.served_ms + self.lasting_ms(TicketPhase::Serving, now)
    }

    fn lasting_ms(&self, phase: TicketPhase, now: Timestamp) -> u64 {
        if self.phase() != phase {
            return 0;
        }
        u64::try_from(now.since(self.since).as_millis()).unwrap_or(u64::MAX)
    }

    /// Ends the present period and begins the next.
    pub(crate) fn enter(&mut self, state: State, at: Timestamp) {
        self.waited_ms = self.waited_ms(at);
        self.served_ms = self.served_ms(at);
        let mut over = self.present();
        over.to = Some(at);
        self.periods.push(over);
        if self.periods.len() > PERIODS_KEPT {
            self.periods.remove(0);
        }
        self.state = state;
        self.since = at;
    }

    /// Goes on with a service: its times count from here.
    pub(crate) fn begin(&mut self, service: ServiceId) {
        self.service = service;
        self.waited_ms = 0;
        self.served_ms = 0;
    }
}
