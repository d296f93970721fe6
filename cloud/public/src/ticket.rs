//! The ticket on somebody's phone, from anywhere: where they stand, whether they are called, and what they may ask.
//!
//! The token in the address is the only credential and names one ticket. Nothing here tells whether a branch or a
//! ticket exists to anybody without it; nothing is set on the phone, and nothing is decided here: a wish becomes a
//! command to the edge, and what the edge made of it comes back as an event.

mod view;
mod words;

use crate::{
    admin::{Admin, caller::address, rate::Counted},
    app::App,
};
use axum::{
    Form, Router,
    body::Bytes,
    extract::{FromRequestParts, Path},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use cloud_store::{
    Scope,
    audit::{Done, Entry},
    commands, edges,
    queue::{self, Ticket},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use protocol::{
    Command, CommandId, EdgeId,
    command::{Action, SiteAction},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use view::View;

const STYLE: &str = include_str!("../assets/phone.css");
const SCRIPT: &str = include_str!("../assets/phone.js");
/// Characters of a token: 128 bits as lower-case hex, as the edge makes it.
const TOKEN: usize = 32;

/// The phone's routes. Beside the limits of the API: a branch's visitors may share one address.
pub fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/b/{edge}/t/{token}", get(page))
        .route("/b/{edge}/t/{token}/now", get(now))
        .route("/b/{edge}/t/{token}/cancel", post(cancel))
        .route("/b/{edge}/t/{token}/delay", post(delay))
        .route("/b/{edge}/t/{token}/feedback", post(feedback))
        .route("/assets/phone.css", get(style))
        .route("/assets/phone.js", get(script))
}

/// Somebody who holds a ticket.
struct Holder {
    app: Arc<App>,
    scope: Scope,
    ticket: Ticket,
    /// Where the page is.
    address: String,
}

impl FromRequestParts<Arc<Admin>> for Holder {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Response> {
        #[derive(Deserialize)]
        struct Place {
            edge: String,
            token: String,
        }
        let place = Path::<Place>::from_request_parts(parts, admin).await;
        let found = match place {
            Ok(Path(place)) => find(admin, &place.edge, &place.token).await,
            Err(_) => None,
        };
        if let Some(holder) = found {
            return Ok(holder);
        }
        // Only guesses are counted.
        match admin.rates.take(Counted::Request, address(parts)) {
            Ok(()) => Err(unknown()),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// One answer for "no such branch", "no such ticket" and "not a token": nothing can be learnt by trying.
async fn find(admin: &Admin, edge: &str, token: &str) -> Option<Holder> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if token.len() != TOKEN || !token.bytes().all(digit) {
        return None;
    }
    let id: EdgeId = edge.parse().ok()?;
    let store = &admin.app.store;
    let org = edges::get(&store.platform(), id).await.ok()??.org;
    let scope = store.scope(org);
    let hash = Sha256::digest(token.as_bytes());
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let ticket = queue::by_token(&scope, id, hash).await.ok()??;
    Some(Holder {
        app: Arc::clone(&admin.app),
        scope,
        ticket,
        address: format!("/b/{id}/t/{token}"),
    })
}

async fn page(holder: Holder) -> Response {
    let view = holder.view().await;
    private(view.page(&holder.address).into_response())
}

/// The part that changes; 304 while it does not.
async fn now(holder: Holder, headers: HeaderMap) -> Response {
    let content = holder.view().await.content(&holder.address).into_string();
    let digest = Sha256::digest(content.as_bytes());
    let tag: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let mut response = if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|seen| seen.as_bytes() == tag.as_bytes())
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], content).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    private(response)
}

async fn cancel(holder: Holder) -> Response {
    let ticket = holder.ticket.id;
    holder.ask(SiteAction::QueueCancel { ticket }).await
}

async fn delay(holder: Holder) -> Response {
    let ticket = holder.ticket.id;
    holder.ask(SiteAction::QueueDelay { ticket }).await
}

#[derive(Deserialize)]
struct Given {
    score: u8,
}

async fn feedback(holder: Holder, given: Result<Form<Given>, axum::extract::rejection::FormRejection>) -> Response {
    let ticket = holder.ticket.id;
    match given {
        Ok(Form(Given { score: score @ 1..=5 })) => holder.ask(SiteAction::QueueFeedback { ticket, score }).await,
        Ok(_) | Err(_) => back(&holder.address),
    }
}

impl Holder {
    async fn view(&self) -> View<'_> {
        let ahead = match queue::ahead(&self.scope, &self.ticket).await {
            Ok(ahead) => Some(ahead),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "cannot count who waits before a ticket"
                );
                None
            }
        };
        let linked = self
            .app
            .links
            .presence(self.ticket.edge)
            .is_some_and(|presence| presence.online(self.app.clock.now()));
        View {
            ticket: &self.ticket,
            ahead,
            linked,
        }
    }

    /// Sends the edge the holder's wish, where the ticket is not over; a wish about a visit may come after it.
    async fn ask(&self, action: SiteAction) -> Response {
        let about_a_visit = matches!(action, SiteAction::QueueFeedback { .. });
        if self.ticket.state.is_over() == about_a_visit
            && let Err(error) = self.queue(action).await
        {
            tracing::error!(error = &*error, "a ticket holder's wish could not be queued");
            return (StatusCode::SERVICE_UNAVAILABLE, HeaderMap::new()).into_response();
        }
        back(&self.address)
    }

    async fn queue(&self, action: SiteAction) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut entropy = [0; 10];
        getrandom::fill(&mut entropy)?;
        let (now, action) = (self.app.clock.now(), Action::Site(action));
        let command = Command {
            id: CommandId::new(now, entropy),
            org: self.scope.org(),
            edge: self.ticket.edge,
            device: None,
            by: "ticket holder".to_owned(),
            created: now,
            expires: now.plus(action.default_lifetime()),
            action,
        };
        let entry = Entry {
            at: now,
            actor: "ticket holder".to_owned(),
            action: format!("command.{}", command.action.name()),
            target: self.ticket.id.to_string(),
            done: Done::Yes,
            detail: command.id.to_string(),
            ip: String::new(),
        };
        commands::create(&self.scope, command, entry).await?;
        self.app.figures.commands_queued.one();
        self.app.links.ring(self.ticket.edge);
        Ok(())
    }
}

fn back(address: &str) -> Response {
    private(Redirect::to(address).into_response())
}

fn unknown() -> Response {
    private((StatusCode::NOT_FOUND, view::unknown()).into_response())
}

/// The address holds the token: no page that is linked to may learn it.
fn private(mut response: Response) -> Response {
    let robots = HeaderName::from_static("x-robots-tag");
    response
        .headers_mut()
        .insert(robots, HeaderValue::from_static("noindex"));
    response
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

fn asset(kind: &'static str, content: &'static str) -> Response {
    let kept = HeaderValue::from_static("public, max-age=3600");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, kept),
    ];
    (headers, Bytes::from_static(content.as_bytes())).into_response()
}

#[cfg(test)]
mod tests;
