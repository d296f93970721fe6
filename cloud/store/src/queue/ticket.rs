//! How a ticket stands and how it was taken: closed lists, as stored and shown.

use protocol::queue::Source;

/// How a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketState {
    /// It waits.
    Waiting,
    /// It is called to a window.
    Called,
    /// It is served.
    Serving,
    /// It is put aside for a while.
    Held,
    /// Nobody came; it may come back for a while.
    NoShow,
    /// The visit is over.
    Done,
    /// It was given up.
    Cancelled,
    /// It was not ended in time.
    Expired,
}

impl TicketState {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            TicketState::Waiting => "waiting",
            TicketState::Called => "called",
            TicketState::Serving => "serving",
            TicketState::Held => "held",
            TicketState::NoShow => "no_show",
            TicketState::Done => "done",
            TicketState::Cancelled => "cancelled",
            TicketState::Expired => "expired",
        }
    }
    /// Whether nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        match self {
            TicketState::Done | TicketState::Cancelled | TicketState::Expired => true,
            TicketState::Waiting
            | TicketState::Called
            | TicketState::Serving
            | TicketState::Held
            | TicketState::NoShow => false,
        }
    }
}

impl std::str::FromStr for TicketState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            Self::Waiting,
            Self::Called,
            Self::Serving,
            Self::Held,
            Self::NoShow,
            Self::Done,
            Self::Cancelled,
            Self::Expired,
        ];
        all.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// As stored and shown.
pub(crate) const fn source_name(source: Source) -> &'static str {
    match source {
        Source::Kiosk => "kiosk",
        Source::Online => "online",
        Source::WalkIn => "walk_in",
        Source::Booking => "booking",
    }
}

pub(super) fn source(text: &str) -> Option<Source> {
    [Source::Kiosk, Source::Online, Source::WalkIn, Source::Booking]
        .into_iter()
        .find(|source| source_name(*source) == text)
}
