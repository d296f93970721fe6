//! Refusals as problem+json (RFC 9457): what happened, and what to do.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use edge_kernel::Refusal;
use serde::Serialize;
use std::time::Duration;

const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    status: u16,
    title: &'static str,
    detail: String,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A refusal of a kind, with what to do.
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            status: status.as_u16(),
            title,
            detail: detail.into(),
            retry_after_s: None,
        }
    }

    /// With when to try again (RFC 9110 §10.2.3), seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    /// So much is asked of the box at once that this waits: try again in a moment.
    pub fn busy(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:ostona:busy", "Busy", detail).retry_after(5)
    }

    /// Somebody asks too often: how long to wait.
    pub fn too_often(wait: Duration) -> Self {
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        let detail = format!("Too many requests. Try again in {seconds} seconds.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "urn:ostona:too-many", "Too many", detail).retry_after(seconds)
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// There is nothing there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "urn:ostona:not-found", "Nothing here", detail)
    }

    /// No more to say than "later".
    pub fn not_now(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:ostona:not-now", "Not now", detail)
    }

    /// A body that could not be read.
    pub fn of_body(status: StatusCode) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            Self::new(status, "urn:ostona:too-long", "Too long", "Send less at once.")
        } else {
            let detail = "The body did not arrive whole.";
            Self::new(status, "urn:ostona:bad-body", "Not understood", detail)
        }
    }

    /// What happened, and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after_s) = (self.status(), self.retry_after_s);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A refusal made elsewhere, e.g. of a wrong method, as a problem. A page for people stays one, and a report for machines.
pub(crate) fn as_problem(response: Response) -> Response {
    let status = response.status();
    let dressed = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind == MEDIA_TYPE || kind == "application/json" || kind.as_bytes().starts_with(b"text/html")
    });
    if dressed || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let title = status.canonical_reason().unwrap_or("Refused");
    let detail = if status == StatusCode::METHOD_NOT_ALLOWED {
        "This page is not asked for in that way; the Allow header says in which."
    } else {
        "The request was refused."
    };
    let mut problem = Problem::new(status, "about:blank", title, detail).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, kind, title) = match &refusal {
            Refusal::Full { .. } => (
                StatusCode::INSUFFICIENT_STORAGE,
                "urn:ostona:full",
                "The disk budget is used up",
            ),
            Refusal::Quota { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "urn:ostona:quota",
                "The device has used up its share",
            ),
            Refusal::UnknownDevice(_) => (StatusCode::FORBIDDEN, "urn:ostona:unknown-device", "No such device"),
            Refusal::NotYours { .. } => (
                StatusCode::FORBIDDEN,
                "urn:ostona:not-yours",
                "Not this device's to say",
            ),
            Refusal::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "urn:ostona:too-long", "Too long"),
            Refusal::Untrusted(_) => (StatusCode::FORBIDDEN, "urn:ostona:untrusted", "Not believed"),
            Refusal::TooLate | Refusal::Busy | Refusal::Storage(_) | Refusal::Stopping => {
                (StatusCode::SERVICE_UNAVAILABLE, "urn:ostona:not-now", "Not now")
            }
        };
        let problem = Problem::new(status, kind, title, refusal.to_string());
        match refusal {
            Refusal::Quota { retry_after, .. } => problem.retry_after(
                u32::try_from(retry_after.as_secs())
                    .unwrap_or(u32::MAX)
                    .saturating_add(1),
            ),
            Refusal::Full { .. }
            | Refusal::UnknownDevice(_)
            | Refusal::NotYours { .. }
            | Refusal::TooLong { .. }
            | Refusal::Untrusted(_)
            | Refusal::TooLate
            | Refusal::Busy
            | Refusal::Storage(_)
            | Refusal::Stopping => problem,
        }
    }
}

pub(crate) async fn not_found() -> Problem {
    Problem::not_found("There is no such page on this box.")
}
