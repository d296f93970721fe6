//! A ticket on its holder's phone: the token in the address is the only credential, and all of it.
//!
//! Every wrong token gets the same answer. The pages work without script, and send nobody anywhere else.

mod limits;
mod page;
mod take;

pub(crate) use limits::Limits;

use crate::{
    House,
    live::{self, Asked, Look, Showing, respond},
    problem::Problem,
    request::{self, Fields},
    secret, words,
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::{Extensions, HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use edge_kernel::{
    QueueRefusal,
    queue::{Canceller, Refusal, Request},
};
use limits::Kind;
use maud::Markup;
use protocol::{Actor, Lang};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// Longest token that is looked at, bytes; ours have 32.
const TOKEN: usize = 64;

pub(crate) fn routes() -> Router<House> {
    Router::new()
        .route("/q", get(take::choose).post(take::take))
        .route("/t/{token}", get(show).post(act))
        .route("/t/{token}/live", get(stream))
}

/// What a phone is told instead of a page: a page of its own, in every language.
enum Turned {
    /// No such ticket: the same for every wrong token.
    Unknown,
    /// Too many requests from one address.
    TooMany,
    /// It cannot be told now.
    Refused(Problem),
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Turned::Unknown => (StatusCode::NOT_FOUND, page::turned(words::phone_unknown)).into_response(),
            Turned::TooMany => (StatusCode::TOO_MANY_REQUESTS, page::turned(words::phone_too_many)).into_response(),
            Turned::Refused(problem) => problem.into_response(),
        }
    }
}

impl<P: Into<Problem>> From<P> for Turned {
    fn from(problem: P) -> Self {
        Turned::Refused(problem.into())
    }
}

/// The ticket of a token, as its holder sees it. All wrong tokens are alike.
async fn look(house: &House, token: &str) -> Result<Look, Turned> {
    let hash = secret::hash(token.get(..TOKEN).unwrap_or(token));
    let look = house.port.survey(move |site| {
        let ticket = site.queue.by_token(&hash);
        ticket.map(|ticket| live::one(&site.queue, &site.setup, ticket))
    });
    look.await?.ok_or(Turned::Unknown)
}

/// One address asks so often at most.
fn admitted(house: &House, extensions: &Extensions, kind: Kind) -> Result<(), Turned> {
    let now = tokio::time::Instant::now();
    let admits = house.hall.limits.admits(request::peer(extensions), kind, now);
    admits.then_some(()).ok_or(Turned::TooMany)
}

async fn show(State(house): State<House>, Path(token): Path<String>, extensions: Extensions) -> Result<Markup, Turned> {
    admitted(&house, &extensions, Kind::Look)?;
    let look = look(&house, &token).await?;
    Ok(page::page(&*house.hall.live.fresh().await, &look, None))
}

/// A state of the ticket, as the page's script reads it.
#[derive(Debug, Serialize)]
struct View {
    html: String,
    title: String,
    state: &'static str,
    /// The same until somebody calls again.
    call: String,
}

async fn stream(
    State(house): State<House>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Turned> {
    admitted(&house, &extensions, Kind::Look)?;
    let ticket = look(&house, &token).await?.ticket.id;
    let watched = house.hall.live.watch_ticket(ticket);
    let view = move |picture: &live::Picture| match picture.looks.get(&ticket) {
        Some(look) => Showing::State(View {
            html: page::card(picture, look).into_string(),
            title: page::title(look),
            state: page::word(look),
            call: page::call(look),
        }),
        None => Showing::Later,
    };
    Ok(respond(
        &house.hall.live,
        asked,
        &headers,
        CancellationToken::new(),
        Some(watched),
        view,
    )
    .await)
}

async fn act(
    State(house): State<House>,
    Path(token): Path<String>,
    extensions: Extensions,
    fields: Fields,
) -> Result<Response, Turned> {
    admitted(&house, &extensions, Kind::Change)?;
    let look_before = look(&house, &token).await?;
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
        _ => return Err(Turned::Unknown),
    };
    // The edge's word: whoever holds the token is nobody we know.
    match house.port.queue(Actor::Edge, request).await {
        Ok(_) => Ok(Redirect::to(&format!("/t/{token}")).into_response()),
        Err(QueueRefusal::Refused(refusal)) => {
            let look = look(&house, &token).await?;
            let page = page::page(&*house.hall.live.fresh().await, &look, Some(said(lang, &refusal)));
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(QueueRefusal::Kernel(refusal)) => Err(refusal.into()),
    }
}

/// Why not, for the holder.
fn said(lang: Lang, refusal: &Refusal) -> &'static str {
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
