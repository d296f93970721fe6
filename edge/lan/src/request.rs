//! What browsers send: cookies, fields of forms, and where a form came from.
//!
//! A request that would change something and comes from another site's page is refused before anybody reads it.

use crate::{ClientNetwork, body_budget::BodyBudget, problem::Problem, request_sender::RequestSender};
use axum::{
    extract::{ConnectInfo, FromRequest, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use std::{
    collections::BTreeSet,
    fmt::{self, Display},
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

/// A cookie of the request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// How long a browser keeps a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieLifetime {
    /// Until it is revoked: a paired screen.
    Always,
    /// Until the browser closes.
    Session,
    /// Not at all: takes it away.
    Never,
}

/// A `Set-Cookie` that no script and no other site sees, sent back below `path` only.
pub fn set_cookie(name: &str, value: &str, path: &str, keep: CookieLifetime) -> Result<HeaderValue, Problem> {
    let term = match keep {
        CookieLifetime::Always => "; Max-Age=315360000",
        CookieLifetime::Session => "",
        CookieLifetime::Never => "; Max-Age=0",
    };
    HeaderValue::from_str(&format!("{name}={value}; Path={path}; HttpOnly; SameSite=Strict{term}"))
        .map_err(|_| Problem::not_now("A cookie could not be made."))
}

/// The base of addresses that others reach this box at, from what one of them called it; none: it was the box itself.
pub fn reached_at(host: &str) -> Option<String> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_here = name == "localhost" || name.starts_with("127.") || name == "[::1]";
    (!is_here).then(|| format!("http://{host}"))
}

/// The address at the other end.
pub fn peer(request: &axum::http::Extensions) -> Option<IpAddr> {
    request.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

/// Where a request comes from, as the browser names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestOrigin {
    /// One of our own pages.
    Here,
    /// Nobody says: a device, or a page that is not to be named. No cookie of ours comes with another site's request.
    Unnamed,
    /// Another site's page.
    Elsewhere,
}

/// Where a request comes from.
pub(crate) fn request_origin(headers: &HeaderMap) -> RequestOrigin {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None | Some("null"), _) => RequestOrigin::Unnamed,
        (Some(origin), Some(host)) if origin.split_once("://").is_some_and(|(_, here)| here == host) => {
            RequestOrigin::Here
        }
        (Some(_), _) => RequestOrigin::Elsewhere,
    }
}

/// Whether another site's page wants something changed.
pub(crate) fn is_from_elsewhere(request: &Request) -> bool {
    let asks_only = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    !asks_only && request_origin(request.headers()) == RequestOrigin::Elsewhere
}

/// Fields of a form, in the order they were sent.
#[derive(Clone, Default)]
pub struct FormFields(Vec<(String, String)>);

/// Without what was typed: it may be a password or a name.
impl fmt::Debug for FormFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl FormFields {
    /// Without surrounding space; empty where there is no such field.
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.trim())
    }
    /// All of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_name = self.0.iter().filter(move |(found, _)| found == name);
        of_name.map(|(_, value)| value.trim())
    }
    /// Whether a field is there at all: a ticked box.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }
    /// A field as what it stands for; none where it is no such thing.
    pub fn read<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }
    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.0.push((name.into(), format!("{value}")));
        self
    }
    /// The numbers of a list's rows, in order: of `windows.0.number` and `windows.3.number`, 0 and 3.
    pub fn rows(&self, list: &str) -> BTreeSet<usize> {
        let after = |name: &str| {
            name.strip_prefix(list)?
                .strip_prefix('.')?
                .split('.')
                .next()?
                .parse()
                .ok()
        };
        self.0.iter().filter_map(|(name, _)| after(name)).collect()
    }
    /// What was read of a body, where it has no more than `most` fields: each takes far more memory than its bytes.
    pub fn parse(body: &[u8], most: usize) -> Result<Self, Problem> {
        let separators = body.iter().filter(|byte| **byte == b'&').count();
        if separators >= most {
            let detail = format!("The form has more than {most} fields.");
            let kind = "urn:ostona:too-many";
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, kind, "Too many", detail));
        }
        Ok(Self(form_urlencoded::parse(body).into_owned().collect()))
    }
}

impl<S: Send + Sync> FromRequest<S> for FormFields {
    type Rejection = Problem;
    /// Within the limits of whoever the route's gate let in, and the budget that every request of the port carries.
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let known = parts.extensions.get::<RequestSender>().cloned();
        let sender = known.unwrap_or_else(|| RequestSender::Unknown(ClientNetwork::of(peer(&parts.extensions))));
        let (bytes, fields) = sender.form_limits();
        let budget = parts.extensions.get::<BodyBudget>().cloned().unwrap_or_default();
        let body = budget.read_in_time(sender.into(), &parts.headers, body, bytes).await?;
        Self::parse(&body.bytes, fields)
    }
}
