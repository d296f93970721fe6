//! Refusals to edges, as problem+json (RFC 9457) with a stable `type` that edges act on.
//!
//! A refusal never says more than the asker may know, and never repeats what was sent.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use cloud_store::{StoreError, ingest::IncomingBatchError};
use http::{HeaderValue, StatusCode, header};
use protocol::{Timestamp, http_signature::SignatureError};
use serde_json::json;

/// Why an edge's request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the request cannot be understood: {0}")]
    Malformed(&'static str),
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body's encoding or type is not supported: {0}")]
    Unsupported(&'static str),
    #[error("the body came too slowly")]
    Slow,
    #[error("the body is not what its digest says")]
    Digest,
    #[error("the signature is not valid: {0}")]
    Signature(SignatureError),
    #[error("the clocks differ too much")]
    Skew { now: Timestamp },
    #[error("no edge signs with this key")]
    UnknownKey,
    #[error("the same signed request came twice")]
    Replayed,
    #[error("the identity is used twice and works no more until a person has looked")]
    Quarantined,
    #[error("the identity has joined again since this request was made")]
    Rejoin,
    #[error("the identity has been revoked")]
    Revoked,
    #[error("the request names another edge than the one that signed it")]
    WrongEdge,
    #[error("the batch cannot be taken in: {}", chain(.0))]
    Batch(IncomingBatchError),
    #[error("the idempotency key is not that of the batch")]
    WrongKey,
    #[error("no such enrolment code")]
    CodeUnknown,
    #[error("the enrolment code is too old")]
    CodeExpired,
    #[error("the enrolment code was used with another key")]
    CodeUsed,
    #[error("this key belongs to an edge already")]
    KeyTaken,
    #[error("there is no such thing")]
    NotFound,
    #[error("too many requests")]
    Limited,
    #[error("too many connections")]
    Crowded,
    #[error("the cloud's disk is full")]
    Full,
    #[error("too much from this organisation, edge or address is on its way already")]
    Busy,
    #[error("the organisation has stored as much as it may")]
    OrgFull,
    #[error("not at the moment")]
    Unavailable,
}

/// Whether a refusal is worth a line in an audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditLevel {
    AuditLine,
    Counting,
}

impl Refusal {
    /// A failure of the store, logged here, told without detail.
    pub(crate) fn store(error: &StoreError) -> Self {
        if error.is_full() {
            tracing::error!("the disk is full");
            return Self::Full;
        }
        if error.is_busy() {
            return Self::Busy;
        }
        if error.is_org_full() {
            return Self::OrgFull;
        }
        tracing::error!(error = %chain(error), "the store failed");
        Self::Unavailable
    }

    /// A stable word: the end of the problem's `type`.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "bad-request",
            Refusal::TooLarge { .. } => "too-large",
            Refusal::Unsupported(_) => "unsupported",
            Refusal::Slow => "slow",
            Refusal::Digest => "digest",
            Refusal::Signature(_) => "signature",
            Refusal::Skew { .. } => "clock-skew",
            Refusal::UnknownKey => "unknown-key",
            Refusal::Replayed => "replayed",
            Refusal::Quarantined => "quarantined",
            Refusal::Rejoin => "rejoin",
            Refusal::Revoked => "revoked",
            Refusal::WrongEdge => "wrong-edge",
            Refusal::Batch(_) => "batch",
            Refusal::WrongKey => "idempotency-key",
            Refusal::CodeUnknown => "code-unknown",
            Refusal::CodeExpired => "code-expired",
            Refusal::CodeUsed => "code-used",
            Refusal::KeyTaken => "key-taken",
            Refusal::NotFound => "not-found",
            Refusal::Limited => "too-many-requests",
            Refusal::Crowded => "crowded",
            Refusal::Full => "full",
            Refusal::Busy => "busy",
            Refusal::OrgFull => "quota",
            Refusal::Unavailable => "unavailable",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Refusal::Malformed(_) | Refusal::Digest => StatusCode::BAD_REQUEST,
            Refusal::Batch(_) | Refusal::WrongKey => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::Slow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Signature(_) | Refusal::Skew { .. } | Refusal::UnknownKey | Refusal::Replayed => {
                StatusCode::UNAUTHORIZED
            }
            Refusal::Quarantined | Refusal::Rejoin | Refusal::KeyTaken => StatusCode::CONFLICT,
            Refusal::Revoked | Refusal::WrongEdge => StatusCode::FORBIDDEN,
            Refusal::CodeUnknown | Refusal::CodeExpired | Refusal::CodeUsed => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Limited => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Full | Refusal::OrgFull => StatusCode::INSUFFICIENT_STORAGE,
            Refusal::Crowded | Refusal::Busy | Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Refusals that say something about the asker, not about the cloud's own state.
    pub(crate) const fn audit_level(&self) -> AuditLevel {
        match self {
            Refusal::Limited
            | Refusal::Crowded
            | Refusal::Full
            | Refusal::Busy
            | Refusal::OrgFull
            | Refusal::Unavailable
            | Refusal::NotFound
            | Refusal::Slow => AuditLevel::Counting,
            Refusal::Malformed(_)
            | Refusal::TooLarge { .. }
            | Refusal::Unsupported(_)
            | Refusal::Digest
            | Refusal::Signature(_)
            | Refusal::Skew { .. }
            | Refusal::UnknownKey
            | Refusal::Replayed
            | Refusal::Quarantined
            | Refusal::Rejoin
            | Refusal::Revoked
            | Refusal::WrongEdge
            | Refusal::Batch(_)
            | Refusal::WrongKey
            | Refusal::CodeUnknown
            | Refusal::CodeExpired
            | Refusal::CodeUsed
            | Refusal::KeyTaken => AuditLevel::AuditLine,
        }
    }

    /// Seconds after which asking again makes sense.
    const fn retry_after(&self) -> Option<HeaderValue> {
        match self.status() {
            StatusCode::TOO_MANY_REQUESTS => Some(HeaderValue::from_static("1")),
            StatusCode::SERVICE_UNAVAILABLE => Some(HeaderValue::from_static("5")),
            StatusCode::INSUFFICIENT_STORAGE => Some(HeaderValue::from_static("60")),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut problem = json!({
            "type": format!("urn:ostona:{}", self.word()),
            "title": self.to_string(),
            "status": status.as_u16(),
        });
        if let (Refusal::Skew { now }, Some(problem)) = (&self, problem.as_object_mut()) {
            problem.insert("now".to_owned(), json!(now));
        }
        let mut response = Response::new(Body::from(problem.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// An error and what it came from, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
