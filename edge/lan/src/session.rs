//! Who is signed in to the box's own pages: a cookie that no script sees, and a token in every form.
//!
//! Nobody is signed in without the password.

use crate::{
    LanState, SettingsTab,
    problem::Problem,
    request::{self, CookieLifetime},
    secret,
    sign_in_limits::SignInLimits,
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderValue, Method, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use protocol::Lang;
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use subtle::ConstantTimeEq as _;
use tokio::{sync::Semaphore, time::Instant};

/// Who administers the box at its own pages: one account.
pub const LOGIN: &str = "admin";
/// Where its pages are, and the cookie is sent.
const PATH: &str = "/admin";
const COOKIE: &str = "ostona-admin";
/// Signed out after so long without a request, and after so long in any case.
const IDLE: Duration = Duration::from_secs(3600);
const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// Sessions at once.
const REMEMBERED: usize = 256;

/// Everybody who is signed in, and everybody who tried.
pub(crate) struct AdminSessions {
    /// Whose turn it is to choose the first password.
    pub(crate) claiming: Semaphore,
    /// By hash of the cookie's token.
    open: Mutex<HashMap<String, AdminSession>>,
    /// Who may try to.
    pub(crate) limits: SignInLimits,
}

impl Default for AdminSessions {
    fn default() -> Self {
        Self {
            claiming: Semaphore::new(1),
            open: Mutex::default(),
            limits: SignInLimits::default(),
        }
    }
}

#[derive(Clone)]
struct AdminSession {
    form: String,
    lang: Lang,
    since: Instant,
    seen: Instant,
}

impl AdminSessions {
    /// Signs in: the cookie to set.
    pub(crate) fn open(&self, lang: Lang) -> Result<HeaderValue, Problem> {
        let (token, form, now) = (secret::token()?, secret::token()?, Instant::now());
        let mut open = lock(&self.open);
        open.retain(|_, one| one.holds(now));
        if open.len() >= REMEMBERED {
            return Err(Problem::not_now("Too many are signed in."));
        }
        let one = AdminSession {
            form,
            lang,
            since: now,
            seen: now,
        };
        open.insert(secret::hash(&token), one);
        request::set_cookie(COOKIE, &token, PATH, CookieLifetime::Session)
    }

    fn find(&self, token: &str, lan: &LanState) -> Option<LocalAdmin> {
        let (hash, now) = (secret::hash(token), Instant::now());
        let mut open = lock(&self.open);
        let one = open.get_mut(&hash).filter(|one| one.holds(now))?;
        one.seen = now;
        Some(LocalAdmin {
            form: FormToken(one.form.clone()),
            lang: one.lang,
            hash,
            state: lan.clone(),
        })
    }
}

impl AdminSession {
    fn holds(&self, now: Instant) -> bool {
        now.duration_since(self.seen) < IDLE && now.duration_since(self.since) < LONGEST
    }
}

/// The token that every form of a session carries.
pub struct FormToken(String);

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without the token.
impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken")
    }
}

/// Somebody who is signed in.
pub struct LocalAdmin {
    /// The token that every form carries.
    pub form: FormToken,
    /// The language of the pages.
    pub lang: Lang,
    hash: String,
    state: LanState,
}

impl LocalAdmin {
    /// A form must carry the session's own token, and is refused otherwise.
    pub fn check_form_token(&self, fields: &request::FormFields) -> Result<(), Problem> {
        if bool::from(self.form.0.as_bytes().ct_eq(fields.text("form").as_bytes())) {
            return Ok(());
        }
        let detail = "This form is not from this session. Load the page again.";
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "urn:ostona:not-yours",
            "Not from here",
            detail,
        ))
    }

    /// What tells this session from others; no cookie's token.
    pub(crate) fn session(&self) -> String {
        self.hash.clone()
    }

    /// The tabs of the settings' pages.
    pub(crate) fn tabs(&self) -> &[SettingsTab] {
        &self.state.inner().tabs
    }

    /// Signs out: the cookie to take away.
    pub(crate) fn close(&self, sessions: &AdminSessions) -> Result<HeaderValue, Problem> {
        lock(&sessions.open).remove(&self.hash);
        request::set_cookie(COOKIE, "", PATH, CookieLifetime::Never)
    }

    /// Sees the pages in another language from now on.
    pub(crate) fn set_language(&self, sessions: &AdminSessions, lang: Lang) {
        if let Some(one) = lock(&sessions.open).get_mut(&self.hash) {
            one.lang = lang;
        }
    }
}

/// Not signed in.
#[derive(Debug)]
pub struct AdminRejection(Method);

impl IntoResponse for AdminRejection {
    fn into_response(self) -> Response {
        if self.0 == Method::GET {
            return Redirect::to("/admin/sign-in").into_response();
        }
        let detail = "The session has ended. Sign in in another tab, then send the form again.";
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "urn:ostona:not-signed-in",
            "Not signed in",
            detail,
        )
        .into_response()
    }
}

impl<T: Send + Sync> FromRequestParts<T> for LocalAdmin
where
    LanState: FromRef<T>,
{
    type Rejection = AdminRejection;
    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, AdminRejection> {
        let lan = LanState::from_ref(state);
        let token = request::cookie(&parts.headers, COOKIE);
        let admin = token.and_then(|token| lan.inner().sessions.find(token, &lan));
        // Our pages let the browser name them; a form of a page that it does not name is not ours.
        let named =
            parts.method == Method::GET || request::request_origin(&parts.headers) == request::RequestOrigin::Here;
        admin
            .filter(|_| named)
            .ok_or_else(|| AdminRejection(parts.method.clone()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for LocalAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAdmin").finish_non_exhaustive()
    }
}
