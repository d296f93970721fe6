//! The queue's flow: how the kiosk asks the queue about a visit.

use super::{
    choose, idle, overview,
    steps::{Act, KioskRequest},
    visit::TicketVisit,
};
use crate::QueueRefusal;
use crate::ScreensState;
use edge_kiosk::{Card, Flow, Idle, Note, Station, Touch, Visit};
use edge_lan::Problem;
use edge_queue::{Queue, Request};
use futures_util::future::BoxFuture;
use maud::Markup;
use protocol::Lang;

/// The queue's flow.
pub(crate) struct TicketFlow {
    state: ScreensState,
}

impl TicketFlow {
    pub(crate) fn new(state: ScreensState) -> Self {
        Self { state }
    }

    fn request<'a>(&'a self, station: Station<'a>) -> KioskRequest<'a> {
        KioskRequest {
            state: &self.state,
            station,
        }
    }
}

impl Flow for TicketFlow {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn idle(&self) -> BoxFuture<'_, Result<Option<Idle>, Problem>> {
        Box::pin(async {
            let overview = overview::overview(&self.state, None).await?;
            Ok(Some(Idle {
                lang: overview.lang,
                name: overview.branch_name().to_owned(),
                clock: overview.clock.clone(),
                screen: idle::screen(&overview, &overview.clock),
                timeless: idle::screen(&overview, ""),
            }))
        })
    }

    fn cards(&self, lang: Lang) -> BoxFuture<'_, Result<Vec<Card>, Problem>> {
        Box::pin(async move {
            let overview = overview::overview(&self.state, Some(lang)).await?;
            Ok(choose::cards(lang, overview.bookings))
        })
    }

    fn understands(&self, touch: &Touch) -> bool {
        Act::read(&touch.act, &touch.value).is_some()
    }

    fn take<'a>(
        &'a self,
        visit: &'a mut Visit,
        touch: Touch,
        station: Station<'a>,
    ) -> BoxFuture<'a, Result<Note, Problem>> {
        Box::pin(async move {
            let Some(act) = Act::read(&touch.act, &touch.value) else {
                return Ok(None);
            };
            let mut ticket_visit = TicketVisit::of(visit);
            let note = self.request(station).take(&mut ticket_visit, act).await?;
            ticket_visit.keep(visit);
            Ok(note)
        })
    }

    fn recover<'a>(&'a self, visit: &'a mut Visit, station: Station<'a>) -> BoxFuture<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let mut ticket_visit = TicketVisit::of(visit);
            let has_ticket = self.request(station).recover(&mut ticket_visit).await?;
            ticket_visit.keep(visit);
            Ok(has_ticket)
        })
    }

    fn show<'a>(
        &'a self,
        visit: &'a Visit,
        note: Note,
        station: Station<'a>,
    ) -> BoxFuture<'a, Result<Option<Markup>, Problem>> {
        Box::pin(async move { self.request(station).show(&TicketVisit::of(visit), note).await })
    }

    fn call_staff<'a>(&'a self, lang: Lang, station: Station<'a>) -> BoxFuture<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let request = self.request(station);
            let screen = station.screen.clone();
            let help = Request::Help { screen, lang };
            self.state
                .port
                .decide::<Queue>(request.actor(), help)
                .await
                .map_err(refused)?;
            Ok(true)
        })
    }
}

fn refused(refusal: QueueRefusal) -> Problem {
    match refusal {
        QueueRefusal::Kernel(refusal) => refusal.into(),
        QueueRefusal::Refused(_) => Problem::not_now("The queue refuses that."),
    }
}
