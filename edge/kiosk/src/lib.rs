//! The kiosk: a visit from the first touch to the last, the frame around every screen, and what ends a visit by itself.
//! Domains bring what a visit is about in a [`KioskFlow`]. Every screen is drawn here and shown by a small script.
//!
//! Nothing of a visit stays on the kiosk, in an address, or here once it is over. A number that was shown is on disk.

mod flow;
pub mod frame;
mod home;
pub mod text_entry;
mod visit;
mod words;

pub use flow::{HomeCard, IdleScreen, KioskClient, KioskFlow, KioskFlows, ScreenNote, Touch};
pub use visit::{Visit, VisitNumber, Visits};

use axum::{
    extract::{FromRef, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use edge_lan::{
    Area, Asset, LanRoutes, LanState, Problem, RouteAccess,
    layout::PageShell,
    pairing::{PairedScreen, ScreenKind, ScreenMarker},
    request::FormFields,
};
use flow::FlowDispatcher;
use maud::html;
use protocol::Lang;
use std::sync::Arc;
use visit::StepState;

/// What the kiosk brings to the LAN port.
pub const AREA: Area = Area {
    name: "kiosk",
    screens: &[&KIOSK],
    style: include_str!("../assets/kiosk.css"),
    assets: &[Asset::script("kiosk.js", include_bytes!("../assets/kiosk.js"))],
    routes,
    ..Area::EMPTY
};

/// A screen where people help themselves.
pub static KIOSK: ScreenKind = ScreenKind {
    word: "kiosk",
    path: "/kiosk",
    cookie: "ostona-kiosk",
    name: words::kind_kiosk,
    spot: None,
};

/// The kiosk's pages: `PairedScreen<KioskScreen>`.
#[derive(Debug)]
pub enum KioskScreen {}

impl ScreenMarker for KioskScreen {
    const KIND: &'static ScreenKind = &KIOSK;
}

#[derive(Clone)]
struct KioskState {
    lan: LanState,
    flows: Arc<KioskFlows>,
}

impl FromRef<KioskState> for LanState {
    fn from_ref(state: &KioskState) -> Self {
        state.lan.clone()
    }
}

fn routes(lan: &LanState) -> LanRoutes {
    let state = KioskState {
        lan: lan.clone(),
        flows: lan.part(),
    };
    let kiosk = RouteAccess::Screen(&KIOSK);
    LanRoutes::new(lan)
        .route("/kiosk", kiosk, get(page))
        .route("/kiosk/alive", kiosk, get(alive))
        .route("/kiosk/step", kiosk, post(step))
        .with_state(state)
}

async fn page(State(state): State<KioskState>, _: PairedScreen<KioskScreen>) -> Result<Response, Problem> {
    let idle = state.flows.idle().await?;
    let shell = PageShell {
        lang: idle.lang,
        title: "Ostona",
        area: "kiosk",
        scripts: &["kiosk.js"],
    };
    let body = html! {
        header.brand { span { (idle.name) } }
        main id="stage" data-face=(idle.mark()) data-lang=(idle.lang) { (idle.screen) }
        (home::unreachable())
    };
    Ok(shell.render(&body).into_response())
}

/// What time it is, and a mark that changes with the first screen.
async fn alive(State(state): State<KioskState>, _: PairedScreen<KioskScreen>) -> Result<String, Problem> {
    let idle = state.flows.idle().await?;
    Ok(format!("{} {}", idle.clock, idle.mark()))
}

/// One touch: `visit`, `lang`, `turn`, `do` and `value`; the screen it leads to.
async fn step(
    State(state): State<KioskState>,
    paired: PairedScreen<KioskScreen>,
    headers: HeaderMap,
    fields: FormFields,
) -> Result<Response, Problem> {
    let (screen, visits) = (&paired.0, state.flows.visits());
    let number: VisitNumber = fields.read("visit").ok_or_else(not_understood)?;
    if fields.text("do") == "end" {
        visits.end(&screen.id, &number);
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let lang: Lang = fields.read("lang").ok_or_else(not_understood)?;
    let turn: u32 = fields.read("turn").ok_or_else(not_understood)?;
    let touch = Touch {
        act: fields.text("do").to_owned(),
        value: fields.text("value").to_owned(),
    };
    let station = KioskClient {
        screen: &screen.id,
        host: headers.get(header::HOST).and_then(|value| value.to_str().ok()),
    };
    let conversation = FlowDispatcher::new(&state.flows, station);
    let step = conversation.read(touch).ok_or_else(not_understood)?;
    let (mut visit, state) = visits.find(&screen.id, &number, lang, turn);
    let note = match state {
        StepState::New => conversation.take(&mut visit, step).await?,
        StepState::Done => None,
    };
    let shown = conversation.show(&mut visit, note).await?;
    visits.keep(&screen.id, visit);
    Ok(shown.into_response())
}

fn not_understood() -> Problem {
    let detail = "A step of a visit is not what the kiosk's page sends.";
    Problem::new(StatusCode::BAD_REQUEST, "urn:ostona:bad-body", "Not understood", detail)
}

#[cfg(test)]
mod tests;
