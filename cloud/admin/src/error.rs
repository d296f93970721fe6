//! Why a use case did not do what was asked: a reason that callers match on, and words for people.
//!
//! Details never carry a secret, a token or personal data; what went wrong inside is logged here once and not told.

use cloud_store::StoreError;
use std::{fmt, time::Duration};

/// Why it was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminErrorKind {
    /// An argument is not what it should be.
    BadArgument,
    /// Not signed in, or not any more.
    SignInNeeded,
    /// Login, password or code wrong, or the account locked: which of them is not said.
    SignInFailed,
    /// The password was right; the six-digit code is missing.
    MfaNeeded,
    /// The one-time password has to be replaced first.
    PasswordChangeNeeded,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// No such thing, or none that this account may see.
    NotFound,
    /// It exists already, or its state does not allow this.
    Conflict,
    /// Nobody could look after the accounts any more.
    LastAdministrator,
    /// The idempotency key was used with another request.
    KeyReused,
    /// Somebody else changed it meanwhile.
    Stale,
    /// It says something impossible.
    Invalid,
    /// Too many requests.
    TooMany,
    /// Something inside failed.
    Internal,
    /// It cannot be done at the moment.
    Unavailable,
}

/// Why a use case did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminError {
    reason: AdminErrorKind,
    detail: String,
    retry_after: Option<Duration>,
}

/// What a use case gives.
pub type AdminResult<T> = Result<T, AdminError>;

impl AdminError {
    /// A reason and, in words, what can be done about it.
    pub fn new(reason: AdminErrorKind, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            retry_after: None,
        }
    }
    /// There is no such thing, or none that the asker may see.
    pub fn not_found(what: &str) -> Self {
        let detail = format!("There is no such {what}, or it belongs to another organisation.");
        Self::new(AdminErrorKind::NotFound, detail)
    }
    /// Something inside failed: logged with its sources, told without them.
    pub fn internal(doing: &'static str, error: &dyn std::error::Error) -> Self {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain = format!("{chain}: {cause}");
            source = cause.source();
        }
        tracing::error!(doing, error = chain, "a request failed on our side");
        Self::new(
            AdminErrorKind::Internal,
            format!("{doing} failed. It has been logged; try again."),
        )
    }
    /// The store refused: a rebuild ends by itself, a full disk can be mended, anything else has been logged.
    pub fn store(doing: &'static str, error: StoreError) -> Self {
        if error.is_rebuilding() {
            let detail = "The tables that answer this are being made anew from the stored events. Try again soon.";
            return Self::new(AdminErrorKind::Unavailable, detail).retry_after(Duration::from_secs(5));
        }
        if let StoreError::DocumentQuota(quota) = error {
            return Self::new(AdminErrorKind::Invalid, format!("There is no room for it: {quota}."));
        }
        if error.is_slow() {
            let detail = "That takes too long at once. Ask for less: a shorter time, one edge, one device.";
            return Self::new(AdminErrorKind::Unavailable, detail).retry_after(Duration::from_secs(30));
        }
        if error.is_busy() {
            let detail = "Too much of this organisation's work waits already. Try again soon.";
            return Self::new(AdminErrorKind::Unavailable, detail).retry_after(Duration::from_secs(5));
        }
        let full = error.is_full();
        let error: Box<dyn std::error::Error> = error.into();
        let failed = Self::internal(doing, error.as_ref());
        if full {
            let detail = "The cloud's disk is full. Nothing was changed.";
            return Self::new(AdminErrorKind::Unavailable, detail).retry_after(Duration::from_secs(60));
        }
        failed
    }
    /// This error, saying when another attempt makes sense.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
    /// This error, or where it is for `if_reason`, another one that says more here.
    #[must_use]
    pub fn or_if(self, if_reason: AdminErrorKind, reason: AdminErrorKind, detail: &str) -> Self {
        if self.reason == if_reason {
            Self::new(reason, detail)
        } else {
            self
        }
    }
    /// Why.
    pub fn reason(&self) -> AdminErrorKind {
        self.reason
    }
    /// In words, what happened.
    pub fn detail(&self) -> &str {
        &self.detail
    }
    /// When another attempt makes sense, where that is known.
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}
impl std::error::Error for AdminError {}
