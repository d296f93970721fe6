//! The operator's desk: who is next, who is here, and everything that may be done with them, by keyboard alone.
//!
//! A desk acts for its own window only, and only for the person who signed in there with a PIN. What it shows as done is
//! on disk.

mod actions;
mod codes;
mod menus;
mod page;
mod pin_attempts;
mod replies;
mod sessions;
mod sign_in;
mod view;

use crate::QueueRefusal;
use crate::{
    ScreensState,
    live_feed::{BranchSnapshot, WindowState},
    paper::HostHeader,
    words,
};
use actions::{DeskAction, DeskSession, OperatorAction};
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use edge_lan::{
    LanRoutes, LanState, Problem, RouteAccess,
    pairing::{PairedScreen, Screen, ScreenKind, ScreenMarker, SpotChoice, SpotField},
    request::FormFields,
    stream::{StreamQuery, respond},
};
use edge_queue::Queue;
pub(crate) use pin_attempts::PinAttempts;
use protocol::{Actor, Lang, SpotId};
use serde::{Deserialize, Serialize};
pub(crate) use sessions::DeskSessions;

/// A screen at which somebody serves: it belongs to a window.
pub(crate) static DESK: ScreenKind = ScreenKind {
    word: "desk",
    path: "/desk",
    cookie: "ostona-desk",
    name: words::kind_desk,
    spot: Some(SpotField {
        label: words::screen_window,
        column: words::tab_windows,
        missing: words::err_window,
        choices: |lan| Box::pin(windows(lan)),
        occupant: |lan, window| Box::pin(occupant(lan, window)),
    }),
};

/// The desk's pages.
#[derive(Debug)]
pub(crate) enum DeskScreen {}

impl ScreenMarker for DeskScreen {
    const KIND: &'static ScreenKind = &DESK;
}

/// The windows of the branch.
async fn windows(lan: &LanState) -> Result<Vec<SpotChoice>, Problem> {
    let setup = lan.port().read::<Queue>().await?.setup;
    let windows = setup.branch.iter().flat_map(|branch| &branch.draft().windows);
    let choice = |window: &protocol::queue::Window| SpotChoice {
        spot: window.id.clone(),
        name: window.number.to_string(),
    };
    Ok(windows.map(choice).collect())
}

/// Who sits at a window, and with whose ticket.
async fn occupant(lan: &LanState, window: &SpotId) -> Result<Option<String>, Problem> {
    let queue = lan.port().read::<Queue>().await?;
    let Some(desk) = queue.state.desk(window) else {
        return Ok(None);
    };
    let operator = queue
        .setup
        .branch
        .as_ref()
        .and_then(|branch| branch.operator(&desk.operator));
    let name = operator.map_or_else(String::new, |operator| operator.name.to_string());
    let ticket = desk.ticket.and_then(|ticket| queue.state.ticket(&ticket));
    Ok(Some(match ticket {
        Some(ticket) => format!("{name} · {}", ticket.number),
        None => name,
    }))
}

/// Whoever signed in at this desk and still sits at its window.
async fn seated<'a>(
    state: &ScreensState,
    screen: &Screen,
    picture: &'a BranchSnapshot,
) -> Result<Option<&'a WindowState>, Problem> {
    let operator = state.screens.desk_sessions.operator(screen).await?;
    let seat = picture.windows.get(&window(screen)?);
    Ok(seat.filter(|seat| Some(seat.operator) == operator))
}

pub(crate) fn routes(lan: &LanState) -> LanRoutes<ScreensState> {
    let desk = RouteAccess::Screen(&DESK);
    LanRoutes::new(lan)
        .route("/desk", desk, get(show))
        .route("/desk/sign-in", desk, post(sign_in::sign_in))
        .route("/desk/live", desk, get(stream))
        .route("/desk/act", desk, post(act))
}

/// The language somebody chose at a desk, in its address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DeskQuery {
    lang: Option<Lang>,
}

impl DeskQuery {
    fn or(&self, otherwise: Lang) -> Lang {
        self.lang.unwrap_or(otherwise)
    }
}

/// A desk's window. A desk without one was paired before this build, and is paired again.
fn window(screen: &Screen) -> Result<SpotId, Problem> {
    let missing = || Problem::not_found("This desk has no window. Pair it again.");
    screen.record.spot.clone().ok_or_else(missing)
}

async fn show(
    State(state): State<ScreensState>,
    paired: PairedScreen<DeskScreen>,
    Query(of): Query<DeskQuery>,
) -> Result<Response, Problem> {
    let window = window(&paired.0)?;
    let picture = state.screens.live.fresh().await;
    let lang = of.or(picture.first_lang());
    Ok(match seated(&state, &paired.0, &picture).await? {
        Some(seat) => page::page(&picture, &window, seat, lang).into_response(),
        None => sign_in::page(&picture, &window, lang, None).into_response(),
    })
}

async fn stream(
    State(state): State<ScreensState>,
    paired: PairedScreen<DeskScreen>,
    Query(asked): Query<StreamQuery>,
    Query(of): Query<DeskQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let window = window(&paired.0)?;
    let gone = paired.0.gone.clone();
    let operator = state.screens.desk_sessions.operator(&paired.0).await?;
    let view = move |picture: &BranchSnapshot| view::view(picture, &window, operator, of.or(picture.first_lang()));
    let live = &state.screens.live;
    Ok(respond(live.snapshots(), live.fresh(), asked, &headers, gone, (), view).await)
}

/// What a desk is told about what it asked for.
#[derive(Debug, Serialize)]
struct DeskReply {
    done: bool,
    said: String,
}

async fn act(
    State(state): State<ScreensState>,
    paired: PairedScreen<DeskScreen>,
    Query(of): Query<DeskQuery>,
    headers: HeaderMap,
    fields: FormFields,
) -> Result<Response, Problem> {
    let window = window(&paired.0)?;
    let picture = state.screens.live.fresh().await;
    let lang = of.or(picture.first_lang());
    let Some(seat) = seated(&state, &paired.0, &picture).await? else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let refused = |said: &str| {
        Json(DeskReply {
            done: false,
            said: said.to_owned(),
        })
    };
    let Some(act) = DeskAction::read(&fields) else {
        return Ok(refused(words::desk_not_understood(lang)).into_response());
    };
    let turn = DeskSession {
        window,
        operator: seat.operator,
        ticket: seat.ticket.as_ref().map(|ticket| (ticket.id, ticket.service.clone())),
        host: headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .map(HostHeader::from),
    };
    let signs_out = act == DeskAction::Queue(OperatorAction::SignOut);
    let done = turn.take(&state, act, &picture, lang).await;
    if signs_out && done.is_ok() {
        state.screens.desk_sessions.end(&paired.0);
    }
    Ok(match done {
        Ok(said) => Json(DeskReply { done: true, said }).into_response(),
        Err(QueueRefusal::Refused(refusal)) => refused(&replies::refusal(lang, &refusal, &picture)).into_response(),
        Err(QueueRefusal::Kernel(refusal)) => {
            tracing::warn!(%refusal, "a desk's wish was not taken on");
            refused(words::desk_not_kept(lang)).into_response()
        }
    })
}

/// Whoever signed in at a desk, as the one who caused what follows.
fn actor(operator: protocol::PersonId) -> Actor {
    Actor::Person { id: operator }
}
