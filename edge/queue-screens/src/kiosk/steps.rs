//! From touch to touch on the way to a ticket: what a step does, and which screen comes of it.
//!
//! A step that is done twice, because its answer was lost, leads to the same ticket and the same sheet of paper.

use super::{
    overview::{self, Overview},
    service_menu,
    visit::{TicketScreen, TicketVisit},
};
use crate::QueueRefusal;
use crate::{ScreensState, holder, paper::warn_where_no_paper, words};
use edge_kiosk::{
    KioskClient, ScreenNote,
    frame::StepProgress,
    text_entry::{KeyboardKind, SkipRule, TextEntry},
};
use edge_lan::{Problem, secret};
use edge_prints::{CopyMark, Prints};
use edge_queue::{Queue, Refusal, Request};
use maud::Markup;
use protocol::{
    Actor, Lang,
    id::ServiceId,
    queue::{Booking, Requirement, Service, Source},
    text::CodeHash,
};

/// What somebody touched.
#[derive(Clone)]
pub(super) enum KioskAction {
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

impl KioskAction {
    pub(super) fn read(word: &str, value: &str) -> Option<Self> {
        Some(match word {
            "ticket" => KioskAction::Ticket,
            "page" => KioskAction::Page(value.parse().ok()?),
            "service" => KioskAction::Choose(value.parse().ok()?),
            "phone" => KioskAction::Phone(value.to_owned()),
            "name" => KioskAction::Name(value.to_owned()),
            "booking" => KioskAction::Booking,
            "code" => KioskAction::Code(value.to_owned()),
            "back" => KioskAction::Back,
            "again" => KioskAction::Again,
            _ => return None,
        })
    }
}

/// One kiosk at work on one request.
#[derive(Clone, Copy)]
pub(super) struct KioskRequest<'a> {
    pub(super) state: &'a ScreensState,
    pub(super) station: KioskClient<'a>,
}

impl KioskRequest<'_> {
    /// Does a step.
    pub(super) async fn take(&self, visit: &mut TicketVisit, act: KioskAction) -> Result<ScreenNote, Problem> {
        match act {
            KioskAction::Ticket => visit.at = TicketScreen::Services(0),
            KioskAction::Page(page) => visit.at = TicketScreen::Services(page),
            KioskAction::Booking => visit.at = TicketScreen::Code,
            KioskAction::Back => visit.at = previous_screen(&visit.at),
            KioskAction::Choose(service) => return self.chosen(visit, service).await,
            KioskAction::Phone(text) => return self.phone(visit, &text).await,
            KioskAction::Name(text) => return self.name(visit, &text).await,
            KioskAction::Code(text) => return self.booked(visit, &text).await,
            KioskAction::Again => {
                visit.printed_again = true;
                self.print(visit, CopyMark::Copy).await?;
            }
        }
        Ok(None)
    }

    async fn chosen(&self, visit: &mut TicketVisit, id: ServiceId) -> Result<ScreenNote, Problem> {
        let Some(service) = self.service(&id).await? else {
            visit.at = TicketScreen::Services(0);
            return Ok(Some(words::just_closed(visit.lang)));
        };
        if service.ask_phone != Requirement::No {
            visit.at = TicketScreen::Phone(id);
            return Ok(None);
        }
        self.after_phone(visit, &service).await
    }

    async fn after_phone(&self, visit: &mut TicketVisit, service: &Service) -> Result<ScreenNote, Problem> {
        if service.ask_name != Requirement::No {
            visit.at = TicketScreen::Name(service.id.clone());
            return Ok(None);
        }
        self.issue(visit, &service.id, Source::Kiosk, None).await
    }

    async fn phone(&self, visit: &mut TicketVisit, text: &str) -> Result<ScreenNote, Problem> {
        let TicketScreen::Phone(id) = visit.at.clone() else {
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

    async fn name(&self, visit: &mut TicketVisit, text: &str) -> Result<ScreenNote, Problem> {
        let TicketScreen::Name(id) = visit.at.clone() else {
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

    async fn booked(&self, visit: &mut TicketVisit, code: &str) -> Result<ScreenNote, Problem> {
        let hash = CodeHash::from(secret::hash(code));
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
        booking_code_hash: Option<CodeHash>,
    ) -> Result<ScreenNote, Problem> {
        let ticket = visit
            .ticket()
            .ok_or_else(|| Problem::not_now("There is no ticket's id."))?;
        let request = Request::Issue {
            ticket,
            service: service.clone(),
            source,
            lang: visit.lang,
            token_hash: visit.token().hash(),
            booking_code_hash,
        };
        let decided = match self.paper(visit, CopyMark::Original) {
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
                if visit.at != TicketScreen::Code {
                    visit.at = TicketScreen::Services(0);
                }
                return Ok(Some(refusal_text(visit.lang, &refusal)));
            }
        }
        visit.at = TicketScreen::Ticket;
        // Number and paper wait for nothing but the ticket itself.
        holder::keep_later(&self.state.port, ticket, &std::mem::take(&mut visit.holder));
        Ok(None)
    }

    /// Whether the visit's ticket was given out. The edge may have been restarted between the ticket and its screen,
    /// perhaps before its paper was asked for.
    pub(super) async fn recover(&self, visit: &mut TicketVisit) -> Result<bool, Problem> {
        if visit.at != TicketScreen::Ticket && self.has_ticket(visit).await? {
            visit.at = TicketScreen::Ticket;
            self.print(visit, CopyMark::Original).await?;
        }
        Ok(visit.at == TicketScreen::Ticket)
    }

    /// The screen a visit has got to; none: back at the start.
    pub(super) async fn show(&self, visit: &TicketVisit, note: ScreenNote) -> Result<Option<Markup>, Problem> {
        let overview = overview::overview(self.state, Some(visit.lang)).await?;
        Ok(Some(match &visit.at {
            TicketScreen::Home => return Ok(None),
            TicketScreen::Services(page) => {
                service_menu::services(visit.lang, &overview.cards, *page, overview.steps(), note)
            }
            TicketScreen::Phone(id) => ask(visit.lang, ContactField::Phone, &overview, id, note),
            TicketScreen::Name(id) => ask(visit.lang, ContactField::Name, &overview, id, note),
            TicketScreen::Code => TextEntry {
                lang: visit.lang,
                title: words::booking_code(visit.lang),
                subtitle: note,
                act: "code",
                keys: KeyboardKind::Code,
                skip: SkipRule::Refused,
                progress: StepProgress { at: 1, of: 2 },
            }
            .screen(),
            TicketScreen::Ticket => self.ticket(visit).await?,
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

fn previous_screen(at: &TicketScreen) -> TicketScreen {
    match at {
        TicketScreen::Home | TicketScreen::Services(_) | TicketScreen::Code | TicketScreen::Ticket => {
            TicketScreen::Home
        }
        TicketScreen::Phone(_) | TicketScreen::Name(_) => TicketScreen::Services(0),
    }
}

/// What is asked of somebody before a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContactField {
    Phone,
    Name,
}

fn ask(lang: Lang, detail: ContactField, overview: &Overview, id: &ServiceId, note: ScreenNote) -> Markup {
    let service = overview.branch.as_deref().and_then(|branch| branch.service(id));
    let asked = |ask: fn(&Service) -> Requirement| service.map_or(Requirement::Optional, ask);
    let (phone, name) = (asked(|service| service.ask_phone), asked(|service| service.ask_name));
    let of = 2 + u32::from(phone != Requirement::No) + u32::from(name != Requirement::No);
    let (how, at) = match detail {
        ContactField::Phone => (phone, 2),
        ContactField::Name => (name, of - 1),
    };
    let (title, why, act, keys) = match detail {
        ContactField::Phone => (
            words::your_phone(lang),
            words::your_phone_why(lang),
            "phone",
            KeyboardKind::Phone,
        ),
        ContactField::Name => (
            words::your_name(lang),
            words::your_name_why(lang),
            "name",
            KeyboardKind::Name,
        ),
    };
    let typing = TextEntry {
        lang,
        title,
        subtitle: note.or(Some(why)),
        act,
        keys,
        skip: if how == Requirement::Optional {
            SkipRule::Allowed
        } else {
            SkipRule::Refused
        },
        progress: StepProgress { at, of },
    };
    typing.screen()
}

/// Why there is no ticket, for whoever wanted one.
fn refusal_text(lang: Lang, refusal: &Refusal) -> &'static str {
    match refusal.word() {
        "closed" | "unknown_service" | "no_branch" => words::just_closed(lang),
        "too_many_waiting" => words::too_many_wait(lang),
        "too_early" => words::booking_early(lang),
        "too_late" | "already_used" => words::booking_late(lang),
        "unknown_booking" | "other_service" => words::booking_unknown(lang),
        _ => words::try_again(lang),
    }
}
