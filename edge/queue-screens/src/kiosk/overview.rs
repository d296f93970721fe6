//! What the kiosk shows of the branch: one consistent overview for each screen.

use super::service_menu::{Availability, BookingsToday, ServiceCard};
use crate::ScreensState;
use edge_kernel::AppView;
use edge_lan::{Problem, local_time};
use edge_queue::{Moment, Queue, ServiceStatus};
use protocol::{
    Lang, Timestamp,
    queue::{Branch, Day, Requirement, Service, TimeOfDay},
};
use std::sync::Arc;

/// What is known of the branch at one moment.
pub(super) struct Overview {
    pub(super) branch: Option<Arc<Branch>>,
    /// The language asked for, else the branch's first.
    pub(super) lang: Lang,
    pub(super) cards: Vec<ServiceCard>,
    pub(super) bookings: BookingsToday,
    /// `14:05`.
    pub(super) clock: String,
}

impl Overview {
    pub(super) fn branch_name(&self) -> &str {
        self.branch
            .as_deref()
            .map_or("Ostona", |branch| branch.draft().name.get(self.lang))
    }

    /// Where a phone takes a ticket by itself, where phones find this box at all.
    pub(super) fn phones(&self) -> Option<String> {
        let base = self.branch.as_deref()?.draft().phone_base.as_deref()?;
        Some(format!("{}/q", base.trim_end_matches('/')))
    }

    /// Whether anybody is served now.
    pub(super) fn is_open(&self) -> bool {
        self.cards
            .iter()
            .any(|card| matches!(card.now, Availability::Open { .. }))
    }

    pub(super) fn languages(&self) -> &[Lang] {
        self.branch
            .as_deref()
            .map_or(&Lang::ALL, |branch| &branch.draft().languages)
    }

    /// How many questions the longest way to a ticket has.
    pub(super) fn steps(&self) -> u32 {
        let asks = |service: &Service| {
            let asked = [service.ask_phone, service.ask_name]
                .iter()
                .filter(|ask| **ask != Requirement::No)
                .count();
            u32::try_from(asked).unwrap_or(0)
        };
        let services = self.branch.as_deref().map(|branch| branch.draft().services.as_slice());
        services.unwrap_or_default().iter().map(asks).max().unwrap_or(0) + 2
    }
}

/// The site's time, and how far it can be trusted.
pub(super) fn moment(state: &ScreensState) -> Moment {
    let clock = state.port.clock();
    Moment {
        at: clock.now(),
        clock: clock.state(),
        offset_seconds: clock.offset_seconds(),
    }
}

/// The branch in a language; none: its own.
pub(super) async fn overview(state: &ScreensState, lang: Option<Lang>) -> Result<Overview, Problem> {
    let now = moment(state);
    let view = state.port.read::<Queue>().await?;
    let branch = view.setup.branch.clone();
    let first = branch
        .as_deref()
        .and_then(|branch| branch.draft().languages.first().copied());
    let lang = lang.or(first).unwrap_or_default();
    let services = branch
        .as_deref()
        .map(|branch| branch.draft().services.as_slice())
        .unwrap_or_default();
    let cards = services.iter().map(|service| card(&view, service, lang, now)).collect();
    let today = |at: Timestamp| Day::at(at, now.offset_seconds) == now.day();
    let booked = view.setup.bookings.values().any(|booking| today(booking.at));
    Ok(Overview {
        cards,
        lang,
        bookings: if booked {
            BookingsToday::Some
        } else {
            BookingsToday::None
        },
        clock: local_time::time(now.at, now.offset_seconds),
        branch,
    })
}

fn card(view: &AppView<Queue>, service: &Service, lang: Lang, now: Moment) -> ServiceCard {
    let (queue, setup) = (&view.state, &view.setup);
    let state = match queue.status(setup, &service.id, now) {
        ServiceStatus::Open => Availability::Open {
            waiting: queue.waiting(&service.id),
            wait: queue.estimate(setup, &service.id),
            windows: queue.open_windows(setup, &service.id),
        },
        ServiceStatus::Closed { opens_at } => Availability::Closed {
            opens: opens_at.and_then(|at| later_today(at, now)),
        },
    };
    ServiceCard {
        id: service.id.clone(),
        icon: service.icon.clone(),
        name: service.name.get(lang).to_owned(),
        now: state,
    }
}

fn later_today(at: Timestamp, now: Moment) -> Option<TimeOfDay> {
    let is_today = Day::at(at, now.offset_seconds) == now.day();
    is_today
        .then(|| local_time::time(at, now.offset_seconds).parse().ok())
        .flatten()
}
