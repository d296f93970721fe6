//! The queue's flow: how the kiosk asks the queue about a visit.

use super::{
    idle_screen, overview, service_menu,
    steps::{KioskAction, KioskRequest},
    visit::TicketVisit,
};
use crate::QueueRefusal;
use crate::ScreensState;
use edge_kiosk::{HomeCard, IdleScreen, KioskClient, KioskFlow, ScreenNote, Touch, Visit};
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

    fn request<'a>(&'a self, station: KioskClient<'a>) -> KioskRequest<'a> {
        KioskRequest {
            state: &self.state,
            station,
        }
    }
}

impl KioskFlow for TicketFlow {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn idle(&self) -> BoxFuture<'_, Result<Option<IdleScreen>, Problem>> {
        Box::pin(async {
            let overview = overview::overview(&self.state, None).await?;
            Ok(Some(IdleScreen {
                lang: overview.lang,
                name: overview.branch_name().to_owned(),
                clock: overview.clock.clone(),
                screen: idle_screen::screen(&overview, &overview.clock),
                timeless: idle_screen::screen(&overview, ""),
            }))
        })
    }

    fn cards(&self, lang: Lang) -> BoxFuture<'_, Result<Vec<HomeCard>, Problem>> {
        Box::pin(async move {
            let overview = overview::overview(&self.state, Some(lang)).await?;
            Ok(service_menu::cards(lang, overview.bookings))
        })
    }

    fn understands(&self, touch: &Touch) -> bool {
        KioskAction::read(&touch.act, &touch.value).is_some()
    }

    fn take<'a>(
        &'a self,
        visit: &'a mut Visit,
        touch: Touch,
        station: KioskClient<'a>,
    ) -> BoxFuture<'a, Result<ScreenNote, Problem>> {
        Box::pin(async move {
            let Some(act) = KioskAction::read(&touch.act, &touch.value) else {
                return Ok(None);
            };
            let mut ticket_visit = TicketVisit::of(visit);
            let note = self.request(station).take(&mut ticket_visit, act).await?;
            ticket_visit.keep(visit);
            Ok(note)
        })
    }

    fn recover<'a>(&'a self, visit: &'a mut Visit, station: KioskClient<'a>) -> BoxFuture<'a, Result<bool, Problem>> {
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
        note: ScreenNote,
        station: KioskClient<'a>,
    ) -> BoxFuture<'a, Result<Option<Markup>, Problem>> {
        Box::pin(async move { self.request(station).show(&TicketVisit::of(visit), note).await })
    }

    fn call_staff<'a>(&'a self, lang: Lang, station: KioskClient<'a>) -> BoxFuture<'a, Result<bool, Problem>> {
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
