//! From touch to touch: what a step does, and which screen comes of it.
//!
//! A step that is done twice, because its answer was lost, leads to the same ticket and the same sheet of paper.

use super::{
    choose,
    details::{self, Wanted},
    frame::Progress,
    look::{self, Look},
    visit::{At, Visit},
};
use crate::{House, holder, problem::Problem, secret, words};
use edge_kernel::{
    QueueRefusal,
    queue::{Refusal, Request},
};
use maud::Markup;
use protocol::{
    Actor, Lang,
    id::{ScreenId, ServiceId},
    queue::{Ask, Booking, Service, Source},
};

/// What somebody touched.
#[derive(Clone)]
pub(super) enum Act {
    /// A language.
    Begin,
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
    /// "Call staff".
    Staff,
    /// "Back".
    Back,
    /// "Print again".
    Again,
    /// Nothing: the page asks what is new.
    Look,
}

impl Act {
    pub(super) fn read(word: &str, value: &str) -> Option<Self> {
        Some(match word {
            "begin" => Act::Begin,
            "ticket" => Act::Ticket,
            "page" => Act::Page(value.parse().ok()?),
            "service" => Act::Choose(value.parse().ok()?),
            "phone" => Act::Phone(value.to_owned()),
            "name" => Act::Name(value.to_owned()),
            "booking" => Act::Booking,
            "code" => Act::Code(value.to_owned()),
            "staff" => Act::Staff,
            "back" => Act::Back,
            "again" => Act::Again,
            "look" => Act::Look,
            _ => return None,
        })
    }
}

/// Why somebody sees the same screen again.
pub(super) type Note = Option<&'static str>;

/// One kiosk at work on one request.
#[derive(Clone, Copy)]
pub(super) struct Kiosking<'a> {
    pub(super) house: &'a House,
    pub(super) screen: &'a ScreenId,
    /// What the kiosk calls the edge.
    pub(super) host: Option<&'a str>,
}

impl Kiosking<'_> {
    /// Does a step.
    pub(super) async fn take(&self, visit: &mut Visit, act: Act) -> Result<Note, Problem> {
        match act {
            Act::Begin => visit.at = At::Need,
            Act::Ticket => visit.at = At::Services(0),
            Act::Page(page) => visit.at = At::Services(page),
            Act::Booking => visit.at = At::Code,
            Act::Back => visit.at = before(&visit.at),
            Act::Look => {}
            Act::Choose(service) => return self.chosen(visit, service).await,
            Act::Phone(text) => return self.phone(visit, &text).await,
            Act::Name(text) => return self.name(visit, &text).await,
            Act::Code(text) => return self.booked(visit, &text).await,
            Act::Staff => {
                let help = Request::Help {
                    screen: self.screen.clone(),
                    lang: visit.lang,
                };
                self.house.port.queue(self.actor(), help).await.map_err(refused)?;
                visit.at = At::Staff;
            }
            Act::Again => {
                visit.printed_again = true;
                self.print_again(visit).await?;
            }
        }
        Ok(None)
    }

    async fn chosen(&self, visit: &mut Visit, id: ServiceId) -> Result<Note, Problem> {
        let Some(service) = self.service(&id).await? else {
            visit.at = At::Services(0);
            return Ok(Some(words::just_closed(visit.lang)));
        };
        if service.ask_phone != Ask::No {
            visit.at = At::Phone(id);
            return Ok(None);
        }
        self.after_phone(visit, &service).await
    }

    async fn after_phone(&self, visit: &mut Visit, service: &Service) -> Result<Note, Problem> {
        if service.ask_name != Ask::No {
            visit.at = At::Name(service.id.clone());
            return Ok(None);
        }
        self.issue(visit, &service.id, Source::Kiosk, None).await
    }

    async fn phone(&self, visit: &mut Visit, text: &str) -> Result<Note, Problem> {
        let At::Phone(id) = visit.at.clone() else {
            return Ok(None);
        };
        let Some(service) = self.service(&id).await? else {
            return Ok(None);
        };
        visit.holder.phone = holder::phone(text);
        let skipped = text.is_empty() && service.ask_phone == Ask::Optional;
        if visit.holder.phone.is_none() && !skipped {
            return Ok(Some(words::phone_incomplete(visit.lang)));
        }
        self.after_phone(visit, &service).await
    }

    async fn name(&self, visit: &mut Visit, text: &str) -> Result<Note, Problem> {
        let At::Name(id) = visit.at.clone() else {
            return Ok(None);
        };
        let Some(service) = self.service(&id).await? else {
            return Ok(None);
        };
        visit.holder.name = holder::name(text);
        let skipped = text.is_empty() && service.ask_name == Ask::Optional;
        if visit.holder.name.is_none() && !skipped {
            return Ok(Some(words::name_missing(visit.lang)));
        }
        self.issue(visit, &id, Source::Kiosk, None).await
    }

    async fn booked(&self, visit: &mut Visit, code: &str) -> Result<Note, Problem> {
        let hash = secret::hash(code);
        let wanted = hash.clone();
        let now = self.house.port.clock().now();
        let found = self.house.port.survey(move |site| {
            // A code has six digits: two bookings may share one, and whoever types it means the nearer.
            let distance = |booking: &&Booking| booking.at.as_millis().abs_diff(now.as_millis());
            let booking = site.setup.booked(&wanted).min_by_key(distance);
            booking.map(|booking| booking.service.clone())
        });
        match found.await? {
            Some(service) => self.issue(visit, &service, Source::Booking, Some(hash)).await,
            None => Ok(Some(words::booking_unknown(visit.lang))),
        }
    }

    /// Gives the ticket out. Once this is done it is on disk; its paper comes after it, or does not.
    async fn issue(
        &self,
        visit: &mut Visit,
        service: &ServiceId,
        source: Source,
        booking_code_hash: Option<String>,
    ) -> Result<Note, Problem> {
        let ticket = visit
            .number
            .ticket()
            .ok_or_else(|| Problem::not_now("There is no ticket's id."))?;
        let request = Request::Issue {
            ticket,
            service: service.clone(),
            source,
            lang: visit.lang,
            token_hash: secret::hash(&visit.number.token()),
            booking_code_hash,
        };
        match self.house.port.queue(self.actor(), request).await {
            Ok(_) => {}
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
        holder::keep_later(&self.house.port, ticket, &std::mem::take(&mut visit.holder));
        self.print(visit).await?;
        Ok(None)
    }

    /// The screen a visit has got to.
    pub(super) async fn show(&self, visit: &mut Visit, note: Note) -> Result<Markup, Problem> {
        if visit.at != At::Ticket && visit.at != At::Staff && self.has_ticket(visit).await? {
            // The edge was restarted between the ticket and its screen, perhaps before its paper was asked for.
            visit.at = At::Ticket;
            self.print(visit).await?;
        }
        let look = look::look(self.house, Some(visit.lang)).await?;
        Ok(match &visit.at {
            At::Need => choose::need(visit.lang, look.bookings),
            At::Services(page) => choose::services(visit.lang, &look.cards, *page, look.steps(), note),
            At::Phone(id) => ask(visit.lang, Wanted::Phone, &look, id, note),
            At::Name(id) => ask(visit.lang, Wanted::Name, &look, id, note),
            At::Code => {
                let progress = Progress { at: 1, of: 2 };
                details::ask(visit.lang, Wanted::Code, Ask::Required, progress, note)
            }
            At::Ticket => self.ticket(visit).await?,
            At::Staff => choose::staff(visit.lang),
        })
    }

    async fn service(&self, id: &ServiceId) -> Result<Option<Service>, Problem> {
        let id = id.clone();
        let found = self
            .house
            .port
            .survey(move |site| site.setup.branch.as_deref()?.service(&id).cloned());
        Ok(found.await?)
    }

    pub(super) fn actor(&self) -> Actor {
        self.screen
            .as_str()
            .parse()
            .map_or(Actor::Edge, |id| Actor::Device { id })
    }
}

fn before(at: &At) -> At {
    match at {
        At::Need | At::Services(_) | At::Code | At::Ticket | At::Staff => At::Need,
        At::Phone(_) | At::Name(_) => At::Services(0),
    }
}

fn ask(lang: Lang, wanted: Wanted, look: &Look, id: &ServiceId, note: Note) -> Markup {
    let service = look.branch.as_deref().and_then(|branch| branch.service(id));
    let asked = |ask: fn(&Service) -> Ask| service.map_or(Ask::Optional, ask);
    let (phone, name) = (asked(|service| service.ask_phone), asked(|service| service.ask_name));
    let of = 2 + u32::from(phone != Ask::No) + u32::from(name != Ask::No);
    let (how, at) = match wanted {
        Wanted::Phone | Wanted::Code => (phone, 2),
        Wanted::Name => (name, of - 1),
    };
    details::ask(lang, wanted, how, Progress { at, of }, note)
}

fn refused(refusal: QueueRefusal) -> Problem {
    match refusal {
        QueueRefusal::Kernel(refusal) => refusal.into(),
        QueueRefusal::Refused(_) => Problem::not_now("The queue refuses that."),
    }
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
