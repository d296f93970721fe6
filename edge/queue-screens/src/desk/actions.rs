//! What an operator does: read from a form, and asked of the queue.
//!
//! Nothing here trusts the page: window and operator come from the paired screen and who is signed in there.

use super::{actor, replies};
use crate::QueueRefusal;
use crate::{
    ScreensState,
    live_feed::BranchSnapshot,
    ticket_issue::{self, TicketOrder},
    words,
};
use edge_lan::request::FormFields;
use edge_queue::{Canceller, IDLE, Queue, Refusal, Request, TransferDestination, TransferReturn};
use protocol::{
    Lang, PersonId, SpotId,
    fact::Place,
    id::{ServiceId, TicketId},
    queue::Source,
};

/// Something an operator does at a desk.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DeskAction {
    /// The queue decides.
    Queue(OperatorAction),
    /// Gives out a ticket.
    WalkIn { service: ServiceId },
    /// Goes to a screen where help was asked for.
    Seen { help: u64 },
    /// Prints the last ticket of this desk once more.
    Copy,
}

/// Something an operator asks of the queue.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OperatorAction {
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
        to: TransferTarget,
        place: Place,
        back: TransferReturn,
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
pub(super) enum TransferTarget {
    Service(ServiceId),
    Window(SpotId),
    Person(PersonId),
}

impl DeskAction {
    /// None: no such act, or something it needs is missing.
    pub(super) fn read(fields: &FormFields) -> Option<Self> {
        Some(match fields.text("act") {
            "walk_in" => DeskAction::WalkIn {
                service: fields.read("service")?,
            },
            "seen" => DeskAction::Seen {
                help: fields.read("ticket")?,
            },
            "copy" => DeskAction::Copy,
            word => DeskAction::Queue(OperatorAction::read(word, fields)?),
        })
    }
}

impl OperatorAction {
    fn read(word: &str, fields: &FormFields) -> Option<Self> {
        Some(match word {
            "call_next" => OperatorAction::CallNext,
            "call" => OperatorAction::Call {
                ticket: fields.read("ticket")?,
                reason: [fields.text("reason"), fields.text("own_reason")]
                    .into_iter()
                    .find(|text| !text.is_empty())?
                    .to_owned(),
            },
            "recall" => OperatorAction::Recall,
            "recycle" => OperatorAction::Recycle,
            "arrived" => OperatorAction::Arrived,
            "no_show" => OperatorAction::NoShow,
            "finish" => OperatorAction::Finish {
                outcome: fields.read("outcome"),
                next: None,
            },
            "add" => OperatorAction::Finish {
                outcome: fields.read("outcome"),
                next: Some(fields.read("service")?),
            },
            "hold" => OperatorAction::Hold {
                minutes: fields.read("minutes")?,
            },
            "resume" => OperatorAction::Resume {
                ticket: fields.read("ticket")?,
            },
            "transfer" => OperatorAction::Transfer {
                to: TransferTarget::read(fields)?,
                place: match fields.text("place") {
                    "front" => Place::Front,
                    "end" => Place::End,
                    _ => Place::ByAge,
                },
                back: if fields.has("back") {
                    TransferReturn::ComesBack
                } else {
                    TransferReturn::Stays
                },
            },
            "pause" => OperatorAction::Pause {
                reason: fields.text("reason").to_owned(),
            },
            "away" => OperatorAction::Away,
            "ready" => OperatorAction::Ready,
            "sign_out" => OperatorAction::SignOut,
            "cancel" => OperatorAction::Cancel {
                ticket: fields.read("ticket")?,
            },
            _ => return None,
        })
    }
}

impl TransferTarget {
    fn read(fields: &FormFields) -> Option<Self> {
        let service = || fields.read("service").map(TransferTarget::Service);
        let window = || fields.read("window").map(TransferTarget::Window);
        service()
            .or_else(window)
            .or_else(|| fields.read("person").map(TransferTarget::Person))
    }
}

/// Whose turn it is: one operator at one window, with the ticket that is there.
pub(super) struct DeskSession {
    pub(super) window: SpotId,
    pub(super) operator: PersonId,
    pub(super) ticket: Option<(TicketId, ServiceId)>,
    /// How this desk reaches the box.
    pub(super) host: Option<String>,
}

impl DeskSession {
    /// Does it; what to tell the operator, once it is on disk.
    pub(super) async fn take(
        &self,
        state: &ScreensState,
        act: DeskAction,
        picture: &BranchSnapshot,
        lang: Lang,
    ) -> Result<String, QueueRefusal> {
        let request = match act {
            DeskAction::Seen { help } => {
                state.screens.live.note(|side| side.help_answered(help));
                return Ok(words::desk_done(lang).to_owned());
            }
            DeskAction::WalkIn { service } => return self.walk_in(state, service, lang).await,
            DeskAction::Copy => return Ok(self.copy(state, lang).await),
            DeskAction::Queue(deed) => self.request(deed)?,
        };
        let facts = state.port.decide::<Queue>(actor(self.operator), request).await?;
        Ok(replies::done(lang, &facts, picture))
    }

    fn request(&self, deed: OperatorAction) -> Result<Request, QueueRefusal> {
        let (window, operator) = (self.window.clone(), self.operator);
        let here = || self.ticket.clone().ok_or(QueueRefusal::Refused(Refusal::NoTicket));
        Ok(match deed {
            OperatorAction::CallNext => Request::CallNext { window, operator },
            OperatorAction::Call { ticket, reason } => Request::Call {
                ticket,
                window,
                operator,
                reason,
            },
            OperatorAction::Recall => Request::Recall { window, operator },
            OperatorAction::Recycle => Request::Recycle { window, operator },
            OperatorAction::Arrived => Request::Arrived { window, operator },
            OperatorAction::NoShow => Request::NoShow { window, operator },
            OperatorAction::Finish { outcome, next } => Request::Finish {
                window,
                operator,
                outcome,
                next,
            },
            OperatorAction::Hold { minutes } => Request::Hold {
                ticket: here()?.0,
                operator: Some(operator),
                window: Some(window),
                minutes,
                reason: None,
            },
            OperatorAction::Resume { ticket } => Request::Resume {
                ticket,
                operator: Some(operator),
            },
            OperatorAction::Transfer { to, place, back } => Request::Transfer {
                window,
                operator,
                to: target(to, here()?.1),
                place,
                back,
            },
            OperatorAction::Pause { reason } => Request::Pause {
                operator,
                window,
                reason,
            },
            OperatorAction::Away => Request::Pause {
                operator,
                window,
                reason: IDLE.to_owned(),
            },
            OperatorAction::Ready => Request::Ready { operator, window },
            OperatorAction::SignOut => Request::SignOut { operator, window },
            OperatorAction::Cancel { ticket } => Request::Cancel {
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
        let issued = ticket_issue::issue_on_paper(state, actor(self.operator), order, self.host.clone()).await?;
        let said = words::desk_issued(lang, issued.number);
        state.screens.ticket_given(&self.window, issued);
        Ok(said)
    }

    async fn copy(&self, state: &ScreensState, lang: Lang) -> String {
        match ticket_issue::copy(state, actor(self.operator), &self.window, self.host.clone()).await {
            Some(number) => words::desk_copied(lang, number),
            None => words::desk_nothing_to_copy(lang).to_owned(),
        }
    }
}

fn target(to: TransferTarget, service: ServiceId) -> TransferDestination {
    match to {
        TransferTarget::Service(service) => TransferDestination {
            service,
            window: None,
            person: None,
        },
        TransferTarget::Window(window) => TransferDestination {
            service,
            window: Some(window),
            person: None,
        },
        TransferTarget::Person(person) => TransferDestination {
            service,
            window: None,
            person: Some(person),
        },
    }
}
