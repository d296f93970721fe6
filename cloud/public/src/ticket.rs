//! The ticket on somebody's phone, from anywhere: where they stand, whether they are called, and what they may ask.
//!
//! The token in the address is the only credential and names one ticket. Nothing here tells whether a branch or a
//! ticket exists to anybody without it; nothing is set on the phone, and nothing is decided here: a wish becomes a
//! command to the edge, and what the edge made of it comes back as an event.

mod view;
mod words;

use crate::state::Public;
use axum::{
    Form, Router,
    body::Bytes,
    extract::{FromRequestParts, Path},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use cloud_admin::{
    AdminError, AdminErrorKind,
    rate::RateLimitKind,
    ticket::{self, HolderRequest},
};
use cloud_http::{Problem, client::address};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use protocol::Digest;
use serde::Deserialize;
use std::net::IpAddr;
use view::TicketPage;

const STYLE: &str = include_str!("../assets/phone.css");
const SCRIPT: &str = include_str!("../assets/phone.js");
/// The phone's routes. Beside the limits of the API: a branch's visitors may share one address.
pub(crate) fn routes() -> Router<Public> {
    Router::new()
        .route("/b/{edge}/t/{token}", get(page))
        .route("/b/{edge}/t/{token}/now", get(now))
        .route("/b/{edge}/t/{token}/cancel", post(cancel))
        .route("/b/{edge}/t/{token}/delay", post(delay))
        .route("/b/{edge}/t/{token}/feedback", post(feedback))
        .route("/assets/phone.css", get(style))
        .route("/assets/phone.js", get(script))
}

/// Somebody who holds a ticket, and where its page is.
struct TicketPageRequest {
    holder: ticket::TicketHolder,
    address: String,
    ip: IpAddr,
}

impl FromRequestParts<Public> for TicketPageRequest {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, public: &Public) -> Result<Self, Response> {
        #[derive(Deserialize)]
        struct TicketPath {
            edge: String,
            token: String,
        }
        let (admin, ip) = (&public.admin, address(parts));
        let limited = |error: AdminError| Problem::from(error).into_response();
        admin.rates.take(RateLimitKind::Visitor, ip).map_err(limited)?;
        if let Ok(Path(path)) = Path::<TicketPath>::from_request_parts(parts, public).await
            && let Some(holder) = ticket::find(admin, &path.edge, &path.token).await
        {
            admin.rates.take_ticket(holder.ticket().id).map_err(limited)?;
            let address = format!("/b/{}/t/{}", holder.ticket().edge, path.token);
            return Ok(Self { holder, address, ip });
        }
        // Phones that still show a visit which is over must not take an administrator's requests.
        admin.rates.take(RateLimitKind::Guess, ip).map_err(limited)?;
        Err(unknown())
    }
}

async fn page(holder: TicketPageRequest) -> Response {
    let view = holder.view().await;
    private(view.page(&holder.address).into_response())
}

/// The part that changes; 304 while it does not.
async fn now(holder: TicketPageRequest, headers: HeaderMap) -> Response {
    let content = holder.view().await.content(&holder.address).into_string();
    let tag = format!("\"{:.16}\"", Digest::of(content.as_bytes()).to_string());
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

async fn cancel(holder: TicketPageRequest) -> Response {
    holder.ask(HolderRequest::Cancel).await
}

async fn delay(holder: TicketPageRequest) -> Response {
    holder.ask(HolderRequest::Delay).await
}

#[derive(Deserialize)]
struct FeedbackForm {
    score: u8,
}

async fn feedback(
    holder: TicketPageRequest,
    given: Result<Form<FeedbackForm>, axum::extract::rejection::FormRejection>,
) -> Response {
    match given {
        Ok(Form(FeedbackForm { score: score @ 1..=5 })) => holder.ask(HolderRequest::Feedback(score)).await,
        Ok(_) | Err(_) => back(&holder.address),
    }
}

impl TicketPageRequest {
    async fn view(&self) -> TicketPage<'_> {
        TicketPage {
            ticket: self.holder.ticket(),
            ahead: self.holder.ahead().await,
            linked: self.holder.linked(),
        }
    }

    async fn ask(&self, request: HolderRequest) -> Response {
        match self.holder.ask(request, self.ip).await {
            Ok(()) => back(&self.address),
            Err(error) if error.reason() == AdminErrorKind::TooMany => Problem::from(error).into_response(),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, HeaderMap::new()).into_response(),
        }
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
