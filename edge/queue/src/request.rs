//! What the queue is asked: the arguments of its decisions. None of it is state.

use protocol::{
    Lang, PersonId, SpotId,
    fact::{Place, ServiceAvailability},
    id::{ProfileId, ScreenId, ServiceId, TicketId},
    queue::Source,
    text::{CodeHash, TicketTokenHash},
};

/// What somebody at a screen, a desk or a phone wants of the queue.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Give out a ticket. The same ticket asked for again, while it is known, is there already.
    Issue {
        /// Its id, made by whoever asks: the key that lets it be asked for again.
        ticket: TicketId,
        /// What its holder came for.
        service: ServiceId,
        /// How it is taken.
        source: Source,
        /// The language chosen.
        lang: Lang,
        /// SHA-256 of the holder's token, lower-case hex.
        token_hash: TicketTokenHash,
        /// SHA-256 of the code of an agreed time, lower-case hex.
        booking_code_hash: Option<CodeHash>,
    },
    /// Call whoever is next.
    CallNext {
        /// To which window.
        window: SpotId,
        /// Who calls.
        operator: PersonId,
    },
    /// Call somebody before their turn, or somebody who was put aside or did not come.
    Call {
        /// Whom.
        ticket: TicketId,
        /// To which window.
        window: SpotId,
        /// Who calls.
        operator: PersonId,
        /// Why, 1 to 80 characters: it goes on record.
        reason: String,
    },
    /// Call the called once more.
    Recall {
        /// At which window.
        window: SpotId,
        /// Who calls.
        operator: PersonId,
    },
    /// Let the called wait again, behind the next three.
    Recycle {
        /// At which window.
        window: SpotId,
        /// Who decides.
        operator: PersonId,
    },
    /// The called is here.
    Arrived {
        /// At which window.
        window: SpotId,
        /// Who serves.
        operator: PersonId,
    },
    /// The called did not come.
    NoShow {
        /// At which window.
        window: SpotId,
        /// Who waited for them.
        operator: PersonId,
    },
    /// The service is done.
    Finish {
        /// At which window.
        window: SpotId,
        /// Who served.
        operator: PersonId,
        /// The closing code.
        outcome: Option<ServiceId>,
        /// What the visit goes on with; none: it is over.
        next: Option<ServiceId>,
    },
    /// Put a ticket aside for a while.
    Hold {
        /// Which: one that waits, or is served at the operator's window.
        ticket: TicketId,
        /// Who decides; none: a screen.
        operator: Option<PersonId>,
        /// The window it is at, where it is at one.
        window: Option<SpotId>,
        /// For how long: 1 to 240.
        minutes: u16,
        /// Why, at most 80 characters.
        reason: Option<String>,
    },
    /// Let somebody who was held, or came back in time, wait again.
    Resume {
        /// Which ticket.
        ticket: TicketId,
        /// Who decides; none: the holder, or a screen.
        operator: Option<PersonId>,
    },
    /// Send the served on.
    Transfer {
        /// From which window.
        window: SpotId,
        /// Who decides.
        operator: PersonId,
        /// Where to.
        to: TransferDestination,
        /// Where it stands there.
        place: Place,
        /// Whether it comes back to this window afterwards.
        back: TransferReturn,
    },
    /// Give a ticket up.
    Cancel {
        /// Which.
        ticket: TicketId,
        /// Who does.
        by: Canceller,
        /// Why, at most 80 characters; none: a word for who does.
        reason: Option<String>,
    },
    /// "I need 10 more minutes": some places further back, once.
    Delay {
        /// Which ticket.
        ticket: TicketId,
    },
    /// Sit down at a window; at the same one again: with another profile.
    SignIn {
        /// Who.
        operator: PersonId,
        /// Where.
        window: SpotId,
        /// Which services; none: the operator's own profile.
        profile: Option<ProfileId>,
    },
    /// Pause.
    Pause {
        /// Who.
        operator: PersonId,
        /// Where.
        window: SpotId,
        /// One of the rules' reasons, or [`IDLE`](crate::IDLE).
        reason: String,
    },
    /// Work again.
    Ready {
        /// Who.
        operator: PersonId,
        /// Where.
        window: SpotId,
    },
    /// Leave the window.
    SignOut {
        /// Who.
        operator: PersonId,
        /// Where.
        window: SpotId,
    },
    /// Open or close a service out of its hours.
    SetService {
        /// Which.
        service: ServiceId,
        /// How.
        open: ServiceAvailability,
    },
    /// How it was, once per ticket, after something was served.
    Feedback {
        /// Which ticket.
        ticket: TicketId,
        /// 1 (bad) to 5 (good).
        score: u8,
    },
    /// Somebody at a screen wants a person.
    Help {
        /// Where.
        screen: ScreenId,
        /// Language chosen there.
        lang: Lang,
    },
}

/// Where a ticket is sent. With a window or a person only that one calls it, as long as somebody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferDestination {
    /// What it waits for then.
    pub service: ServiceId,
    /// The one window that calls it.
    pub window: Option<SpotId>,
    /// The one person who calls it.
    pub person: Option<PersonId>,
}

/// Whether a transferred ticket comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransferReturn {
    /// It does not.
    #[default]
    Stays,
    /// To the window it left, once it was served where it was sent.
    ComesBack,
}

/// Who gives a ticket up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canceller {
    /// Its holder, by the token.
    Holder,
    /// Somebody who is signed in at a window.
    Operator(PersonId),
    /// The screen that had just given it out.
    Screen,
}
