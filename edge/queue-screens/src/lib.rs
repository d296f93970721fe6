//! The queue's screens: the desk, the hall's display, the holder's phone, the kiosk's way to a ticket, and the settings of
//! a branch; all of them over one live picture.
//!
//! What a screen shows as done is on disk, and nothing here decides anything about a ticket: the queue does.

mod branch;
mod desk;
mod display;
mod holder;
mod kiosk;
mod live_feed;
mod live_screens;
mod paper;
mod phone;
mod settings;
mod ticket_issue;
mod words;

use axum::extract::FromRef;
use edge_announce::Announcements;
use edge_kernel::{DecideError, Port};
use edge_kiosk::KioskFlows;
use edge_lan::{Area, Asset, LanRoutes, LanState};
use live_screens::LiveScreens;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the queue brings to the LAN port.
pub const AREA: Area = Area {
    name: "queue",
    screens: &[&desk::DESK, &display::DISPLAY],
    settings: &settings::TABS,
    style: concat!(
        include_str!("../assets/desk.css"),
        include_str!("../assets/display.css"),
        include_str!("../assets/phone.css"),
    ),
    assets: &[
        Asset::script("desk.js", include_bytes!("../assets/desk.js")),
        Asset::script("display.js", include_bytes!("../assets/display.js")),
        Asset::script("phone.js", include_bytes!("../assets/phone.js")),
    ],
    routes,
    start: |lan, stop| {
        start(lan, stop);
        Box::pin(std::future::ready(()))
    },
    ..Area::EMPTY
};

/// Why something asked of the queue was not done.
pub(crate) type QueueRefusal = DecideError<edge_queue::Refusal>;

/// What every page of the queue may look at.
#[derive(Clone)]
pub(crate) struct ScreensState {
    pub(crate) lan: LanState,
    pub(crate) port: Port,
    pub(crate) screens: Arc<LiveScreens>,
    pub(crate) announcements: Arc<Announcements>,
}

impl ScreensState {
    pub(crate) fn of(lan: &LanState) -> Self {
        Self {
            lan: lan.clone(),
            port: lan.port().clone(),
            screens: lan.part(),
            announcements: lan.part(),
        }
    }
}

impl FromRef<ScreensState> for LanState {
    fn from_ref(state: &ScreensState) -> Self {
        state.lan.clone()
    }
}

fn routes(lan: &LanState) -> LanRoutes {
    let state = ScreensState::of(lan);
    lan.part::<KioskFlows>()
        .bring(Arc::new(kiosk::TicketFlow::new(state.clone())));
    LanRoutes::new(lan)
        .merge(settings::routes(lan))
        .merge(desk::routes(lan))
        .merge(display::routes(lan))
        .merge(phone::routes(lan))
        .with_state(state)
}

fn start(lan: &LanState, stop: &CancellationToken) {
    lan.part::<LiveScreens>().begin(stop);
    tokio::spawn(holder::erase(lan.port().clone(), stop.clone()));
}

#[cfg(test)]
mod tests;
