//! Problems: how every refusal leaves over HTTP (RFC 9457, `application/problem+json`).
//!
//! A problem's `type` is stable: clients may match on it. Neither titles nor details ever carry a secret, a token or
//! personal data.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cloud_admin::{AdminError, AdminErrorKind};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:ident, $title:literal;)*) => {
        /// What kind of refusal: decides `type`, `status` and `title`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }
        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),*];

            /// The stable URN.
            pub const fn urn(self) -> &'static str {
                match self { $(Kind::$variant => concat!("urn:ostona:", $slug)),* }
            }
            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Kind::$variant => StatusCode::$status),* }
            }
            /// The same for every problem of this kind.
            pub const fn title(self) -> &'static str {
                match self { $(Kind::$variant => $title),* }
            }
        }
    };
}

kinds! {
    /// A parameter, path segment or header is not what it should be.
    BadRequest = "bad-request", BAD_REQUEST, "The request cannot be understood";
    /// Not signed in, or not any more.
    SignInNeeded = "sign-in-needed", UNAUTHORIZED, "Sign in first";
    /// Login, password or code wrong, or the account locked: which of them is not said.
    SignInFailed = "sign-in-failed", UNAUTHORIZED, "That did not work";
    /// The password was right; the six-digit code is missing.
    MfaNeeded = "mfa-needed", UNAUTHORIZED, "A six-digit code is needed too";
    /// The one-time password has to be replaced first.
    PasswordChangeNeeded = "password-change-needed", FORBIDDEN, "Choose your own password first";
    /// Signed in, but not allowed to do this.
    Forbidden = "forbidden", FORBIDDEN, "Your role does not allow this";
    /// A page of another origin tried to send a form.
    ForeignOrigin = "foreign-origin", FORBIDDEN, "The form was not sent from this console";
    /// No such thing, or none that this account may see.
    NotFound = "not-found", NOT_FOUND, "There is no such thing";
    /// The path exists, the method does not.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "This cannot be done here";
    /// It exists already, or its state does not allow this.
    Conflict = "conflict", CONFLICT, "This contradicts what is there";
    /// Nobody could look after the accounts any more.
    LastAdministrator = "last-administrator", CONFLICT, "This is the last administrator";
    /// The idempotency key was used with another request.
    KeyReused = "idempotency-key-reused", CONFLICT, "The idempotency key was used for something else";
    /// Somebody else changed it meanwhile.
    Stale = "stale", PRECONDITION_FAILED, "It was changed meanwhile";
    /// The body is larger than allowed.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not JSON.
    MediaType = "media-type", UNSUPPORTED_MEDIA_TYPE, "Send application/json";
    /// Well formed, but it says something impossible.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "The request says something impossible";
    /// `If-Match` is missing.
    MatchNeeded = "if-match-needed", PRECONDITION_REQUIRED, "Say which version you have seen";
    /// Too many requests.
    TooMany = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests";
    /// Something inside failed.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed on our side";
    /// It cannot be done at the moment.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not at the moment";
}

/// A refusal on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: String,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem and, in words, what can be done about it.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            retry_after_s: None,
        }
    }
    /// There is no such thing, or none that the asker may see.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            Kind::NotFound,
            format!("There is no such {what}, or it belongs to another organisation."),
        )
    }
    /// Something inside failed: logged with its sources, told without them.
    pub fn internal(doing: &'static str, error: &dyn std::error::Error) -> Self {
        AdminError::internal(doing, error).into()
    }
    /// When another attempt makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
    /// In words, what happened.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        Self {
            kind: kind_of(error.reason()),
            detail: error.detail().to_owned(),
            retry_after_s: error.wait().map(|wait| wait.as_secs()),
        }
    }
}

const fn kind_of(reason: AdminErrorKind) -> Kind {
    match reason {
        AdminErrorKind::BadArgument => Kind::BadRequest,
        AdminErrorKind::SignInNeeded => Kind::SignInNeeded,
        AdminErrorKind::SignInFailed => Kind::SignInFailed,
        AdminErrorKind::MfaNeeded => Kind::MfaNeeded,
        AdminErrorKind::PasswordChangeNeeded => Kind::PasswordChangeNeeded,
        AdminErrorKind::Forbidden => Kind::Forbidden,
        AdminErrorKind::NotFound => Kind::NotFound,
        AdminErrorKind::Conflict => Kind::Conflict,
        AdminErrorKind::LastAdministrator => Kind::LastAdministrator,
        AdminErrorKind::KeyReused => Kind::KeyReused,
        AdminErrorKind::Stale => Kind::Stale,
        AdminErrorKind::Invalid => Kind::Invalid,
        AdminErrorKind::TooMany => Kind::TooMany,
        AdminErrorKind::Internal => Kind::Internal,
        AdminErrorKind::Unavailable => Kind::Unavailable,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.detail)
    }
}
impl std::error::Error for Problem {}

/// A problem as JSON (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Stable URN of the kind of problem, e.g. `urn:ostona:not-found`.
    #[serde(rename = "type")]
    pub urn: &'static str,
    /// The same for every problem of this type.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, for people.
    pub detail: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let body = ProblemBody {
            urn: self.kind.urn(),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: self.detail,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"ostona\""),
            );
        }
        response
    }
}
