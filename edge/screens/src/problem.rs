//! Refusals as problem+json (RFC 9457): what happened, and what to do.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use edge_kernel::Refusal;
use serde::Serialize;

/// A refusal.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    status: u16,
    title: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            status: status.as_u16(),
            title,
            detail: detail.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, kind, title) = match &refusal {
            Refusal::Full { .. } => (
                StatusCode::INSUFFICIENT_STORAGE,
                "urn:ostona:full",
                "The disk budget is used up",
            ),
            Refusal::UnknownDevice(_) => (StatusCode::FORBIDDEN, "urn:ostona:unknown-device", "No such device"),
            Refusal::NotYours { .. } => (
                StatusCode::FORBIDDEN,
                "urn:ostona:not-yours",
                "Not this device's to say",
            ),
            Refusal::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "urn:ostona:too-long", "Too long"),
            Refusal::Untrusted(_) => (StatusCode::FORBIDDEN, "urn:ostona:untrusted", "Not believed"),
            Refusal::Busy | Refusal::Storage(_) | Refusal::Stopping => {
                (StatusCode::SERVICE_UNAVAILABLE, "urn:ostona:not-now", "Not now")
            }
        };
        Problem::new(status, kind, title, refusal.to_string())
    }
}

pub(crate) async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "urn:ostona:not-found",
        "Nothing here",
        "There is no such page on this box.",
    )
}
