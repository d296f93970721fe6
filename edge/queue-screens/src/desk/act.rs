//! What an operator does: read from a form, and asked of the queue.
//!
//! Nothing here trusts the page: window and operator come from the paired screen and who is signed in there.

use super::{actor, said};
use crate::QueueRefusal;
use crate::{
    ScreensState,
    issue::{self, TicketOrder},
    live::Picture,
    words,
};
use edge_lan::request::Fields;
use edge_queue::{Canceller, IDLE, Queue, Refusal, Request, Return, Target};
use protocol::{
    Lang, PersonId, SpotId,
    fact::Place,
    id::{ServiceId, TicketId},
    queue::Source,
};

/// Something an operator does at a desk.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    /// The queue decides.
    Deed(Deed),
    /// Gives out a ticket.
    WalkIn { service: ServiceId },
    /// Goes to a screen where help was asked for.
    Seen { help: u64 },
    /// Prints the last ticket of this desk once more.
    Copy,
}

/// Something an operator asks of the queue.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    CallNext,
    Call {
        ticket: TicketId,
        reason: String,
    },
    Recall,
    Recycle,
    Arrived,
    NoShow,
    Finish {
        outcome: Option<ServiceId>,
        next: Option<ServiceId>,
    },
    Hold {
        minutes: u16,
    },
    Resume {
        ticket: TicketId,
    },
    Transfer {
        to: To,
        place: Place,
        back: Return,
    },
    Pause {
        reason: String,
    },
    Away,
    Ready,
    SignOut,
    Cancel {
        ticket: TicketId,
    },
}

/// Where a ticket is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum To {
    Service(ServiceId),
    Window(SpotId),
    Person(PersonId),
}

impl Act {
    /// None: no such act, or something it needs is missing.
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        Some(match fields.text("act") {
            "walk_in" => Act::WalkIn {
                service: fields.read("service")?,
            },
            "seen" => Act::Seen {
                help: fields.read("ticket")?,
            },
            "copy" => Act::Copy,
            word => Act::Deed(Deed::read(word, fields)?),
        })
    }
}

impl Deed {
    fn read(word: &str, fields: &Fields) -> Option<Self> {
        Some(match word {
            "call_next" => Deed::CallNext,
            "call" => Deed::Call {
                ticket: fields.read("ticket")?,
                reason: [fields.text("reason"), fields.text("own_reason")]
                    .into_iter()
                    .find(|text| !text.is_empty())?
                    .to_owned(),
            },
            "recall" => Deed::Recall,
            "recycle" => Deed::Recycle,
            "arrived" => Deed::Arrived,
            "no_show" => Deed::NoShow,
            "finish" => Deed::Finish {
                outcome: fields.read("outcome"),
                next: None,
            },
            "add" => Deed::Finish {
                outcome: fields.read("outcome"),
                next: Some(fields.read("service")?),
            },
            "hold" => Deed::Hold {
                minutes: fields.read("minutes")?,
            },
            "resume" => Deed::Resume {
                ticket: fields.read("ticket")?,
            },
            "transfer" => Deed::Transfer {
                to: To::read(fields)?,
                place: match fields.text("place") {
                    "front" => Place::Front,
                    "end" => Place::End,
                    _ => Place::ByAge,
                },
                back: if fields.has("back") {
                    Return::ComesBack
                } else {
                    Return::Stays
                },
            },
            "pause" => Deed::Pause {
                reason: fields.text("reason").to_owned(),
            },
            "away" => Deed::Away,
            "ready" => Deed::Ready,
            "sign_out" => Deed::SignOut,
            "cancel" => Deed::Cancel {
                ticket: fields.read("ticket")?,
            },
            _ => return None,
        })
    }
}

impl To {
    fn read(fields: &Fields) -> Option<Self> {
        let service = || fields.read("service").map(To::Service);
        let window = || fields.read("window").map(To::Window);
        service()
            .or_else(window)
            .or_else(|| fields.read("person").map(To::Person))
    }
}

/// Whose turn it is: one operator at one window, with the ticket that is there.
pub(super) struct Turn {
    pub(super) window: SpotId,
    pub(super) operator: PersonId,
    pub(super) ticket: Option<(TicketId, ServiceId)>,
    /// How this desk reaches the box.
    pub(super) host: Option<String>,
}

impl Turn {
    /// Does it; what to tell the operator, once it is on disk.
    pub(super) async fn take(
        &self,
        state: &ScreensState,
        act: Act,
        picture: &Picture,
        lang: Lang,
    ) -> Result<String, QueueRefusal> {
        let request = match act {
            Act::Seen { help } => {
                state.screens.live.note(|side| side.help_answered(help));
                return Ok(words::desk_done(lang).to_owned());
            }
            Act::WalkIn { service } => return self.walk_in(state, service, lang).await,
            Act::Copy => return Ok(self.copy(state, lang).await),
            Act::Deed(deed) => self.request(deed)?,
        };
        let facts = state.port.decide::<Queue>(actor(self.operator), request).await?;
        Ok(said::done(lang, &facts, picture))
    }

    fn request(&self, deed: Deed) -> Result<Request, QueueRefusal> {
        let (window, operator) = (self.window.clone(), self.operator);
        let here = || self.ticket.clone().ok_or(QueueRefusal::Refused(Refusal::NoTicket));
        Ok(match deed {
            Deed::CallNext => Request::CallNext { window, operator },
            Deed::Call { ticket, reason } => Request::Call {
                ticket,
                window,
                operator,
                reason,
            },
            Deed::Recall => Request::Recall { window, operator },
            Deed::Recycle => Request::Recycle { window, operator },
            Deed::Arrived => Request::Arrived { window, operator },
            Deed::NoShow => Request::NoShow { window, operator },
            Deed::Finish { outcome, next } => Request::Finish {
                window,
                operator,
                outcome,
                next,
            },
            Deed::Hold { minutes } => Request::Hold {
                ticket: here()?.0,
                operator: Some(operator),
                window: Some(window),
                minutes,
                reason: None,
            },
            Deed::Resume { ticket } => Request::Resume {
                ticket,
                operator: Some(operator),
            },
            Deed::Transfer { to, place, back } => Request::Transfer {
                window,
                operator,
                to: target(to, here()?.1),
                place,
                back,
            },
            Deed::Pause { reason } => Request::Pause {
                operator,
                window,
                reason,
            },
            Deed::Away => Request::Pause {
                operator,
                window,
                reason: IDLE.to_owned(),
            },
            Deed::Ready => Request::Ready { operator, window },
            Deed::SignOut => Request::SignOut { operator, window },
            Deed::Cancel { ticket } => Request::Cancel {
                ticket,
                by: Canceller::Operator(operator),
                reason: None,
            },
        })
    }

    /// A ticket for somebody in front of the desk, on paper where there is a printer.
    async fn walk_in(&self, state: &ScreensState, service: ServiceId, lang: Lang) -> Result<String, QueueRefusal> {
        let order = TicketOrder {
            service,
            source: Source::WalkIn,
            lang,
        };
        let issued = issue::issue_on_paper(state, actor(self.operator), order, self.host.clone()).await?;
        let said = words::desk_issued(lang, issued.number);
        state.screens.ticket_given(&self.window, issued);
        Ok(said)
    }

    async fn copy(&self, state: &ScreensState, lang: Lang) -> String {
        match issue::copy(state, actor(self.operator), &self.window, self.host.clone()).await {
            Some(number) => words::desk_copied(lang, number),
            None => words::desk_nothing_to_copy(lang).to_owned(),
        }
    }
}

fn target(to: To, service: ServiceId) -> Target {
    match to {
        To::Service(service) => Target {
            service,
            window: None,
            person: None,
        },
        To::Window(window) => Target {
            service,
            window: Some(window),
            person: None,
        },
        To::Person(person) => Target {
            service,
            window: None,
            person: Some(person),
        },
    }
}
