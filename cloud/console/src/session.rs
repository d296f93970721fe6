//! The console's session: a cookie that scripts cannot read, and forms taken only from the console's own pages.
//!
//! Over TLS the cookie is `__Host-ostona`: bound to this host, never sent in the clear.

use super::{layout::problem_page, words};
use crate::admin::{
    Admin,
    caller::{Caller, Tenant, address},
    orgs,
    problem::{Kind, Problem},
    sign_in::COOKIE,
    token::Token,
};
use axum::{
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use cloud_store::{
    accounts::{
        PasswordState,
        sessions::{self, TokenKind},
    },
    orgs::Org,
};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use std::sync::Arc;

/// Somebody signed in, whose password may still be the one-time one.
#[derive(Debug)]
pub(super) struct Newcomer(pub(super) Caller);

/// Somebody signed in with a password of their own.
#[derive(Debug)]
pub(super) struct Visitor(pub(super) Caller);

/// A visitor who works with one organisation.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) tenant: Tenant,
    pub(super) org: Org,
}

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Turned {
    /// Sign in first.
    ToLogin,
    /// Choose a password first.
    ToPassword,
    /// Choose or make an organisation first.
    ToHome,
    /// Refused.
    Refused(Problem),
}

impl From<Problem> for Turned {
    fn from(problem: Problem) -> Self {
        Turned::Refused(problem)
    }
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Turned::ToLogin => Redirect::to("/login").into_response(),
            Turned::ToPassword => Redirect::to("/password").into_response(),
            Turned::ToHome => Redirect::to("/").into_response(),
            Turned::Refused(problem) => problem_page(&problem),
        }
    }
}

impl FromRequestParts<Arc<Admin>> for Newcomer {
    type Rejection = Turned;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Turned> {
        let token = cookie(admin, &parts.headers).ok_or(Turned::ToLogin)?;
        let now = admin.app.clock.now();
        let found = sessions::find(&admin.app.store.platform(), TokenKind::Cookie, token.hash().0, now).await;
        let session = found.map_err(|error| Problem::internal("Looking up the session", &error))?;
        let session = session.ok_or(Turned::ToLogin)?;
        Ok(Self(Caller::new(Arc::clone(admin), session, address(parts))?))
    }
}

impl FromRequestParts<Arc<Admin>> for Visitor {
    type Rejection = Turned;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Turned> {
        let Newcomer(caller) = Newcomer::from_request_parts(parts, admin).await?;
        match caller.account().password {
            PasswordState::Own => Ok(Self(caller)),
            PasswordState::OneTime => Err(Turned::ToPassword),
        }
    }
}

impl FromRequestParts<Arc<Admin>> for Member {
    type Rejection = Turned;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Turned> {
        let Visitor(caller) = Visitor::from_request_parts(parts, admin).await?;
        let org = chosen(&caller).await?.ok_or(Turned::ToHome)?;
        let tenant = caller.tenant(Some(org.id)).await?;
        Ok(Self { tenant, org })
    }
}

/// The organisation somebody looks at: their own, the one they chose, or the first there is.
pub(super) async fn chosen(caller: &Caller) -> Result<Option<Org>, Problem> {
    let mut visible = orgs::visible(caller).await?;
    let place = visible
        .iter()
        .position(|org| Some(org.id) == caller.session.chosen)
        .unwrap_or(0);
    Ok(if place < visible.len() {
        Some(visible.swap_remove(place))
    } else {
        None
    })
}

/// The `set-cookie` that begins a session; none: that ends it.
pub(super) fn set_cookie(admin: &Admin, token: Option<&Token>) -> Result<HeaderValue, Problem> {
    let (value, age) = token.map_or((String::new(), 0), |token| (token.expose(), COOKIE.as_secs()));
    let secure = if admin.app.settings.tls.is_some() {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}",
        cookie_name(admin)
    );
    HeaderValue::from_str(&text).map_err(|error| Problem::internal("Writing the cookie", &error))
}

fn cookie_name(admin: &Admin) -> &'static str {
    if admin.app.settings.tls.is_some() {
        "__Host-ostona"
    } else {
        "ostona"
    }
}

fn cookie(admin: &Admin, headers: &HeaderMap) -> Option<Token> {
    let name = cookie_name(admin);
    headers.get_all(header::COOKIE).iter().find_map(|value| {
        let pairs = value.to_str().ok()?.split(';');
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)?
            .1
            .parse()
            .ok()
    })
}

/// Refuses a form that another site's page sent: browsers say in `origin` where a POST comes from.
pub(super) async fn own_origin(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || is_own(request.headers()) {
        return next.run(request).await;
    }
    problem_page(&Problem::new(Kind::ForeignOrigin, words::REFUSED_TITLE))
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(header::HOST)), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}
