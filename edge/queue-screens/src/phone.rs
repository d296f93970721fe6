//! A ticket on its holder's phone: the token in the address is the only credential, and all of it.
//!
//! Every wrong token gets the same answer. The pages work without script, and send nobody anywhere else.

mod limits;
mod page;
mod ticket_form;

pub(crate) use limits::PhoneTickets;

use crate::QueueRefusal;
use crate::{
    ScreensState,
    live_feed::{self, TicketView},
    words,
};
use axum::{
    extract::{Path, Query, State},
    http::{Extensions, HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use edge_lan::{
    LanRoutes, LanState, Problem, RouteAccess, claim_ticket,
    request::FormFields,
    secret,
    stream::{ScreenUpdate, StreamQuery, respond},
};
use edge_queue::{Canceller, Queue, Refusal, Request};
use maud::Markup;
use protocol::{Actor, Lang, text::TicketTokenHash};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// Longest token that is looked at, bytes; ours have 32.
const TOKEN: usize = 64;

pub(crate) fn routes(lan: &LanState) -> LanRoutes<ScreensState> {
    use RouteAccess::{Anybody, Ticket};
    LanRoutes::new(lan)
        .route("/q", Anybody, get(ticket_form::choose).post(ticket_form::take))
        .route("/t/{token}", Ticket, get(show).post(act))
        .route("/t/{token}/live", Ticket, get(stream))
}

/// What a phone is told instead of a page: a page of its own, in every language.
enum PhoneRefusal {
    /// No such ticket: the same for every wrong token.
    Unknown,
    /// Too many requests from one address.
    TooMany,
    /// It cannot be told now.
    Refused(Problem),
}

impl IntoResponse for PhoneRefusal {
    fn into_response(self) -> Response {
        match self {
            PhoneRefusal::Unknown => (StatusCode::NOT_FOUND, page::message_page(words::phone_unknown)).into_response(),
            PhoneRefusal::TooMany => {
                (StatusCode::TOO_MANY_REQUESTS, page::message_page(words::phone_too_many)).into_response()
            }
            PhoneRefusal::Refused(problem) => problem.into_response(),
        }
    }
}

impl<P: Into<Problem>> From<P> for PhoneRefusal {
    fn from(problem: P) -> Self {
        PhoneRefusal::Refused(problem.into())
    }
}

/// The ticket of a token, as its holder sees it. All wrong tokens are alike.
async fn look(state: &ScreensState, token: &str) -> Result<TicketView, PhoneRefusal> {
    let hash = TicketTokenHash::from(secret::hash(token.get(..TOKEN).unwrap_or(token)));
    let queue = state.port.read::<Queue>().await?;
    let ticket = queue.state.by_token(&hash).ok_or(PhoneRefusal::Unknown)?;
    Ok(live_feed::ticket_view(&queue.state, &queue.setup, ticket))
}

async fn show(State(state): State<ScreensState>, Path(token): Path<String>) -> Result<Markup, PhoneRefusal> {
    let look = look(&state, &token).await?;
    Ok(page::page(&*state.screens.live.fresh().await, &look, None))
}

/// A state of the ticket, as the page's script reads it.
#[derive(Debug, Serialize)]
struct PhoneView {
    html: String,
    title: String,
    state: &'static str,
    /// The same until somebody calls again.
    call: String,
}

async fn stream(
    State(state): State<ScreensState>,
    Path(token): Path<String>,
    Query(asked): Query<StreamQuery>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, PhoneRefusal> {
    let ticket = look(&state, &token).await?.ticket.id;
    if asked.is_stream() {
        claim_ticket(&extensions, &ticket)?;
    }
    let watched = state.screens.live.watch_ticket(ticket);
    let view = move |picture: &live_feed::BranchSnapshot| match picture.watched_tickets.get(&ticket) {
        Some(look) => ScreenUpdate::State(PhoneView {
            html: page::card(picture, look).into_string(),
            title: page::title(look),
            state: page::word(look),
            call: page::call(look),
        }),
        None => ScreenUpdate::Later,
    };
    let (live, gone) = (&state.screens.live, CancellationToken::new());
    Ok(respond(live.snapshots(), live.fresh(), asked, &headers, gone, watched, view).await)
}

async fn act(
    State(state): State<ScreensState>,
    Path(token): Path<String>,
    fields: FormFields,
) -> Result<Response, PhoneRefusal> {
    let look_before = look(&state, &token).await?;
    let (ticket, lang) = (look_before.ticket.id, look_before.ticket.lang);
    let request = match fields.text("act") {
        "cancel" => Request::Cancel {
            ticket,
            by: Canceller::Holder,
            reason: None,
        },
        "delay" => Request::Delay { ticket },
        "score" => Request::Feedback {
            ticket,
            score: fields.read("score").unwrap_or(0),
        },
        _ => return Err(PhoneRefusal::Unknown),
    };
    // The edge's word: whoever holds the token is nobody we know.
    match state.port.decide::<Queue>(Actor::Edge, request).await {
        Ok(_) => Ok(Redirect::to(&format!("/t/{token}")).into_response()),
        Err(QueueRefusal::Refused(refusal)) => {
            let look = look(&state, &token).await?;
            let page = page::page(
                &*state.screens.live.fresh().await,
                &look,
                Some(refusal_text(lang, &refusal)),
            );
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(QueueRefusal::Kernel(refusal)) => Err(refusal.into()),
    }
}

/// Why not, for the holder.
fn refusal_text(lang: Lang, refusal: &Refusal) -> &'static str {
    if *refusal == Refusal::DelayedAlready {
        words::phone_delayed_already(lang)
    } else if *refusal == Refusal::NobodyBehind {
        words::phone_nobody_behind(lang)
    } else if *refusal == Refusal::ScoredAlready {
        words::phone_scored(lang)
    } else {
        words::phone_too_late(lang)
    }
}
