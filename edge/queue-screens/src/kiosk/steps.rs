//! From touch to touch on the way to a ticket: what a step does, and which screen comes of it.
//!
//! A step that is done twice, because its answer was lost, leads to the same ticket and the same sheet of paper.

use super::{
    choose,
    overview::{self, Overview},
    visit::{At, TicketVisit},
};
use crate::QueueRefusal;
use crate::{ScreensState, holder, paper::warn_where_no_paper, words};
use edge_kiosk::{
    Note, Station,
    frame::Progress,
    typing::{Keys, Skip, Typing},
};
use edge_lan::{Problem, secret};
use edge_prints::{Copied, Prints};
use edge_queue::{Queue, Refusal, Request};
use maud::Markup;
use protocol::{
    Actor, Lang,
    id::ServiceId,
    queue::{Booking, Requirement, Service, Source},
};

/// What somebody touched.
#[derive(Clone)]
pub(super) enum Act {
    /// "Get a ticket".
    Ticket,
    /// A page of the services.
    Page(usize),
    /// A service.
    Choose(ServiceId),
    /// "Next" below a phone number; empty: "Skip".
    Phone(String),
    /// "Next" below a name; empty: "Skip".
    Name(String),
    /// "I have a booking".
    Booking,
    /// "Next" below a booking's code.
    Code(String),
    /// "Back".
    Back,
    /// "Print again".
    Again,
}

impl Act {
    pub(super) fn read(word: &str, value: &str) -> Option<Self> {
        Some(match word {
            "ticket" => Act::Ticket,
            "page" => Act::Page(value.parse().ok()?),
            "service" => Act::Choose(value.parse().ok()?),
            "phone" => Act::Phone(value.to_owned()),
            "name" => Act::Name(value.to_owned()),
            "booking" => Act::Booking,
            "code" => Act::Code(value.to_owned()),
            "back" => Act::Back,
            "again" => Act::Again,
            _ => return None,
        })
    }
}

/// One kiosk at work on one request.
#[derive(Clone, Copy)]
pub(super) struct KioskRequest<'a> {
    pub(super) state: &'a ScreensState,
    pub(super) station: Station<'a>,
}

impl KioskRequest<'_> {
    /// Does a step.
    pub(super) async fn take(&self, visit: &mut TicketVisit, act: Act) -> Result<Note, Problem> {
        match act {
            Act::Ticket => visit.at = At::Services(0),
            Act::Page(page) => visit.at = At::Services(page),
            Act::Booking => visit.at = At::Code,
            Act::Back => visit.at = before(&visit.at),
            Act::Choose(service) => return self.chosen(visit, service).await,
            Act::Phone(text) => return self.phone(visit, &text).await,
            Act::Name(text) => return self.name(visit, &text).await,
            Act::Code(text) => return self.booked(visit, &text).await,
            Act::Again => {
                visit.printed_again = true;
                self.print(visit, Copied::Copy).await?;
            }
        }
        Ok(None)
    }

    async fn chosen(&self, visit: &mut TicketVisit, id: ServiceId) -> Result<Note, Problem> {
        let Some(service) = self.service(&id).await? else {
            visit.at = At::Services(0);
            return Ok(Some(words::just_closed(visit.lang)));
        };
        if service.ask_phone != Requirement::No {
            visit.at = At::Phone(id);
            return Ok(None);
        }
        self.after_phone(visit, &service).await
    }

    async fn after_phone(&self, visit: &mut TicketVisit, service: &Service) -> Result<Note, Problem> {
        if service.ask_name != Requirement::No {
            visit.at = At::Name(service.id.clone());
            return Ok(None);
        }
        self.issue(visit, &service.id, Source::Kiosk, None).await
    }

    async fn phone(&self, visit: &mut TicketVisit, text: &str) -> Result<Note, Problem> {
        let At::Phone(id) = visit.at.clone() else {
            return Ok(None);
        };
        let Some(service) = self.service(&id).await? else {
            return Ok(None);
        };
        visit.holder.phone = holder::phone(text);
        let skipped = text.is_empty() && service.ask_phone == Requirement::Optional;
        if visit.holder.phone.is_none() && !skipped {
            return Ok(Some(words::phone_incomplete(visit.lang)));
        }
        self.after_phone(visit, &service).await
    }

    async fn name(&self, visit: &mut TicketVisit, text: &str) -> Result<Note, Problem> {
        let At::Name(id) = visit.at.clone() else {
            return Ok(None);
        };
        let Some(service) = self.service(&id).await? else {
            return Ok(None);
        };
        visit.holder.name = holder::name(text);
        let skipped = text.is_empty() && service.ask_name == Requirement::Optional;
        if visit.holder.name.is_none() && !skipped {
            return Ok(Some(words::name_missing(visit.lang)));
        }
        self.issue(visit, &id, Source::Kiosk, None).await
    }

    async fn booked(&self, visit: &mut TicketVisit, code: &str) -> Result<Note, Problem> {
        let hash = secret::hash(code);
        let now = self.state.port.clock().now();
        // A code has six digits: two bookings may share one, and whoever types it means the nearer.
        let distance = |booking: &&Booking| booking.at.as_millis().abs_diff(now.as_millis());
        let setup = self.state.port.read::<Queue>().await?.setup;
        let found = setup.booked(&hash).min_by_key(distance);
        match found.map(|booking| booking.service.clone()) {
            Some(service) => self.issue(visit, &service, Source::Booking, Some(hash)).await,
            None => Ok(Some(words::booking_unknown(visit.lang))),
        }
    }

    /// Gives the ticket out. Once this is done it is on disk, and that its paper was asked for is in the same commit.
    async fn issue(
        &self,
        visit: &mut TicketVisit,
        service: &ServiceId,
        source: Source,
        booking_code_hash: Option<String>,
    ) -> Result<Note, Problem> {
        let ticket = visit
            .ticket()
            .ok_or_else(|| Problem::not_now("There is no ticket's id."))?;
        let request = Request::Issue {
            ticket,
            service: service.clone(),
            source,
            lang: visit.lang,
            token_hash: secret::hash(&visit.token()),
            booking_code_hash,
        };
        let decided = match self.paper(visit, Copied::Original) {
            Some(paper) => {
                let chain = self
                    .state
                    .port
                    .decide_then::<Queue, Prints>(self.actor(), request, paper)
                    .await;
                chain.map(|chain| warn_where_no_paper(&chain))
            }
            None => self.state.port.decide::<Queue>(self.actor(), request).await.map(|_| ()),
        };
        match decided {
            Ok(()) => {}
            Err(QueueRefusal::Kernel(refusal)) => return Err(refusal.into()),
            Err(QueueRefusal::Refused(refusal)) => {
                if visit.at != At::Code {
                    visit.at = At::Services(0);
                }
                return Ok(Some(says(visit.lang, &refusal)));
            }
        }
        visit.at = At::Ticket;
        // Number and paper wait for nothing but the ticket itself.
        holder::keep_later(&self.state.port, ticket, &std::mem::take(&mut visit.holder));
        Ok(None)
    }

    /// Whether the visit's ticket was given out. The edge may have been restarted between the ticket and its screen,
    /// perhaps before its paper was asked for.
    pub(super) async fn recover(&self, visit: &mut TicketVisit) -> Result<bool, Problem> {
        if visit.at != At::Ticket && self.has_ticket(visit).await? {
            visit.at = At::Ticket;
            self.print(visit, Copied::Original).await?;
        }
        Ok(visit.at == At::Ticket)
    }

    /// The screen a visit has got to; none: back at the start.
    pub(super) async fn show(&self, visit: &TicketVisit, note: Note) -> Result<Option<Markup>, Problem> {
        let overview = overview::overview(self.state, Some(visit.lang)).await?;
        Ok(Some(match &visit.at {
            At::Home => return Ok(None),
            At::Services(page) => choose::services(visit.lang, &overview.cards, *page, overview.steps(), note),
            At::Phone(id) => ask(visit.lang, Detail::Phone, &overview, id, note),
            At::Name(id) => ask(visit.lang, Detail::Name, &overview, id, note),
            At::Code => Typing {
                lang: visit.lang,
                title: words::booking_code(visit.lang),
                why: note,
                act: "code",
                keys: Keys::Code,
                skip: Skip::Refused,
                progress: Progress { at: 1, of: 2 },
            }
            .screen(),
            At::Ticket => self.ticket(visit).await?,
        }))
    }

    async fn service(&self, id: &ServiceId) -> Result<Option<Service>, Problem> {
        let setup = self.state.port.read::<Queue>().await?.setup;
        Ok(setup.branch.as_deref().and_then(|branch| branch.service(id)).cloned())
    }

    pub(super) fn actor(&self) -> Actor {
        self.station
            .screen
            .as_str()
            .parse()
            .map_or(Actor::Edge, |id| Actor::Device { id })
    }
}

fn before(at: &At) -> At {
    match at {
        At::Home | At::Services(_) | At::Code | At::Ticket => At::Home,
        At::Phone(_) | At::Name(_) => At::Services(0),
    }
}

/// What is asked of somebody before a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Phone,
    Name,
}

fn ask(lang: Lang, detail: Detail, overview: &Overview, id: &ServiceId, note: Note) -> Markup {
    let service = overview.branch.as_deref().and_then(|branch| branch.service(id));
    let asked = |ask: fn(&Service) -> Requirement| service.map_or(Requirement::Optional, ask);
    let (phone, name) = (asked(|service| service.ask_phone), asked(|service| service.ask_name));
    let of = 2 + u32::from(phone != Requirement::No) + u32::from(name != Requirement::No);
    let (how, at) = match detail {
        Detail::Phone => (phone, 2),
        Detail::Name => (name, of - 1),
    };
    let (title, why, act, keys) = match detail {
        Detail::Phone => (
            words::your_phone(lang),
            words::your_phone_why(lang),
            "phone",
            Keys::Phone,
        ),
        Detail::Name => (words::your_name(lang), words::your_name_why(lang), "name", Keys::Name),
    };
    let typing = Typing {
        lang,
        title,
        why: note.or(Some(why)),
        act,
        keys,
        skip: if how == Requirement::Optional {
            Skip::Allowed
        } else {
            Skip::Refused
        },
        progress: Progress { at, of },
    };
    typing.screen()
}

/// Why there is no ticket, for whoever wanted one.
fn says(lang: Lang, refusal: &Refusal) -> &'static str {
    match refusal.word() {
        "closed" | "unknown_service" | "no_branch" => words::just_closed(lang),
        "too_many_waiting" => words::too_many_wait(lang),
        "too_early" => words::booking_early(lang),
        "too_late" | "already_used" => words::booking_late(lang),
        "unknown_booking" | "other_service" => words::booking_unknown(lang),
        _ => words::try_again(lang),
    }
}
