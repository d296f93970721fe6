//! The console's session: a cookie that scripts cannot read, and forms taken only from the console's own pages.
//!
//! Over TLS the cookie is `__Host-ostona`: bound to this host, never sent in the clear.

use crate::{layout::problem_page, state::Console, words};
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    AdminError, AdminResult,
    caller::{Caller, Tenant},
    orgs,
    sign_in::{self, COOKIE},
    token::Token,
};
use cloud_http::{Kind, Problem, PublicScheme, client::address};
use cloud_store::{
    accounts::{PasswordState, sessions::TokenKind},
    orgs::Org,
};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};

/// Somebody signed in, whose password may still be the one-time one.
#[derive(Debug)]
pub(crate) struct ProvisionalUser(pub(crate) Caller);

/// Somebody signed in with a password of their own.
#[derive(Debug)]
pub(crate) struct ConsoleUser(pub(crate) Caller);

/// A visitor who works with one organisation.
#[derive(Debug)]
pub(crate) struct OrgUser {
    pub(crate) tenant: Tenant,
    pub(crate) org: Org,
}

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum PageRefusal {
    /// Sign in first.
    ToLogin,
    /// Choose a password first.
    ToPassword,
    /// Choose or make an organisation first.
    ToHome,
    /// Refused.
    Refused(Problem),
}

impl From<Problem> for PageRefusal {
    fn from(problem: Problem) -> Self {
        PageRefusal::Refused(problem)
    }
}

impl From<AdminError> for PageRefusal {
    fn from(error: AdminError) -> Self {
        PageRefusal::Refused(error.into())
    }
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        match self {
            PageRefusal::ToLogin => Redirect::to("/login").into_response(),
            PageRefusal::ToPassword => Redirect::to("/password").into_response(),
            PageRefusal::ToHome => Redirect::to("/").into_response(),
            PageRefusal::Refused(problem) => problem_page(&problem),
        }
    }
}

impl FromRequestParts<Console> for ProvisionalUser {
    type Rejection = PageRefusal;
    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, PageRefusal> {
        let token = cookie(console.scheme, &parts.headers).ok_or(PageRefusal::ToLogin)?;
        let caller = sign_in::by_token(&console.admin, TokenKind::Cookie, &token, address(parts)).await?;
        caller.map(Self).ok_or(PageRefusal::ToLogin)
    }
}

impl FromRequestParts<Console> for ConsoleUser {
    type Rejection = PageRefusal;
    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, PageRefusal> {
        let ProvisionalUser(caller) = ProvisionalUser::from_request_parts(parts, console).await?;
        match caller.account().password {
            PasswordState::Own => Ok(Self(caller)),
            PasswordState::OneTime => Err(PageRefusal::ToPassword),
        }
    }
}

impl FromRequestParts<Console> for OrgUser {
    type Rejection = PageRefusal;
    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, PageRefusal> {
        let ConsoleUser(caller) = ConsoleUser::from_request_parts(parts, console).await?;
        let org = current_org(&caller).await?.ok_or(PageRefusal::ToHome)?;
        let tenant = caller.tenant(Some(org.id)).await?;
        Ok(Self { tenant, org })
    }
}

/// The organisation somebody looks at: their own, the one they chose, or the first there is.
pub(crate) async fn current_org(caller: &Caller) -> AdminResult<Option<Org>> {
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
pub(crate) fn set_cookie(scheme: PublicScheme, token: Option<&Token>) -> Result<HeaderValue, Problem> {
    let (value, age) = token.map_or((String::new(), 0), |token| (token.expose(), COOKIE.as_secs()));
    let secure = match scheme {
        PublicScheme::Https => "; Secure",
        PublicScheme::Http => "",
    };
    let name = cookie_name(scheme);
    let text = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).map_err(|error| Problem::internal("Writing the cookie", &error))
}

const fn cookie_name(scheme: PublicScheme) -> &'static str {
    match scheme {
        PublicScheme::Https => "__Host-ostona",
        PublicScheme::Http => "ostona",
    }
}

fn cookie(scheme: PublicScheme, headers: &HeaderMap) -> Option<Token> {
    let name = cookie_name(scheme);
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
pub(crate) async fn own_origin(State(console): State<Console>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || is_own(&console, request.headers()) {
        return next.run(request).await;
    }
    problem_page(&Problem::new(Kind::ForeignOrigin, words::REFUSED_TITLE))
}

/// The origin is the one that the settings name; without one, that of the host which was asked.
fn is_own(console: &Console, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let own_host = || {
        let origin = origin.split_once("://").map(|(_, origin)| origin);
        matches!((origin, text(header::HOST)), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
    };
    let public = console.public_url.as_ref();
    public.is_some_and(|url| origin.eq_ignore_ascii_case(&url.to_string())) || own_host()
}
