//! Calls: devices that only ever call, and are known by a name in the query: a serial number.
//!
//! A name is no secret, so it opens nothing: a caller that no administrator added is refused, and nothing of what it
//! sends is read. What a driver answers goes out as it is; without an answer the device is told to try again.

use crate::{House, problem::Problem};
use axum::{
    extract::{ConnectInfo, FromRequest as _, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use protocol::DeviceId;
use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

/// From the request's head to the answer; a device that is slower is told to try again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest body of a call.
pub(crate) const CALL_BYTES: usize = 1 << 20;
/// Longest query.
const QUERY: usize = 2048;
/// Longest path behind the prefix.
const PATH: usize = 128;
/// Longest name of a caller.
const NAME: usize = 64;

/// Everything the port needs for devices that call it.
#[derive(Debug, Clone)]
pub struct Calling {
    /// Where they call.
    pub ways: Vec<Way>,
    /// Who was added.
    pub known: watch::Receiver<Arc<Callers>>,
    /// Where calls of known devices go.
    pub called: mpsc::Sender<Called>,
    /// Where callers go that nobody added; full, one is not told of.
    pub strangers: mpsc::Sender<Stranger>,
}

/// Known callers by prefix and name.
pub type Callers = BTreeMap<(&'static str, String), DeviceId>;

/// One kind of caller: everything below `/<prefix>/`, named by a query key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The first segment of the path, e.g. `iclock`.
    pub prefix: &'static str,
    /// The query key that names the caller, e.g. `SN`.
    pub key: &'static str,
}

/// A request of a known device.
pub struct Called {
    /// Which device.
    pub device: DeviceId,
    /// Method.
    pub method: Method,
    /// What follows the prefix, without a leading slash.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The body.
    pub body: Bytes,
    /// The answer. Dropped: the device is told to try again.
    pub answer: oneshot::Sender<Answered>,
}

/// What a known device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Status.
    pub status: StatusCode,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// Somebody who called and whom nobody added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Where it called.
    pub prefix: &'static str,
    /// What it calls itself: ASCII letters, digits, `-`, `_` and `.`, at most 64.
    pub name: String,
    /// From where.
    pub from: Option<IpAddr>,
}

/// Without query and body: they hold names, card numbers and pictures.
impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Called")
            .field("device", &self.device)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Takes one call below `/<prefix>/`.
pub(crate) async fn take(way: Way, State(house): State<House>, request: Request) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let path = request.uri().path().get(way.prefix.len() + 2..).unwrap_or_default();
    if query.len() > QUERY || path.len() > PATH {
        let detail = "The address is longer than any device's.";
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "urn:ostona:too-long",
            "Too long",
            detail,
        ));
    }
    let Some(device) = caller(&house, way, query) else {
        let from = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip());
        return Err(refuse(&house, way, name(way, query), from));
    };
    let (method, path, query) = (request.method().clone(), path.to_owned(), query.to_owned());
    let put_through = async {
        // Few bodies in memory at once, however many devices call.
        let _turn = house.call_turns.acquire().await.map_err(|_| later())?;
        let body = Bytes::from_request(request, &()).await;
        let (answer, answered) = oneshot::channel();
        let called = Called {
            device,
            method,
            path,
            query,
            body: body.map_err(|rejection| Problem::of_body(rejection.status()))?,
            answer,
        };
        house.calling.called.try_send(called).map_err(|_| later())?;
        answered.await.map_err(|_| later())
    };
    let Answered {
        status,
        content_type,
        body,
    } = tokio::time::timeout(PATIENCE, put_through)
        .await
        .unwrap_or_else(|_| Err(later()))?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    Ok((status, kind, body).into_response())
}

fn caller(house: &House, way: Way, query: &str) -> Option<DeviceId> {
    let name = name(way, query)?;
    let known = house.calling.known.borrow();
    known.get(&(way.prefix, name.to_owned())).cloned()
}

/// What the caller calls itself, where that could be a name at all. Given twice, the first counts, here and everywhere.
fn name(way: Way, query: &str) -> Option<&str> {
    let mut pairs = query.split('&');
    let name = pairs.find_map(|pair| pair.strip_prefix(way.key)?.strip_prefix('='))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=NAME).contains(&name.len()) && name.bytes().all(plain)).then_some(name)
}

/// Told to an auditor once a minute at most, and to whoever looks for new devices.
fn refuse(house: &House, way: Way, name: Option<&str>, from: Option<IpAddr>) -> Problem {
    house.notes.not_let_in("call", from);
    if let Some(name) = name {
        let stranger = Stranger {
            prefix: way.prefix,
            name: name.to_owned(),
            from,
        };
        // It calls again.
        let _ = house.calling.strangers.try_send(stranger);
    }
    let detail = "Nobody has added this device to the site.";
    Problem::new(StatusCode::FORBIDDEN, "urn:ostona:not-approved", "Not approved", detail)
}

fn later() -> Problem {
    let detail = "Send it again later.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "urn:ostona:not-now", "Not now", detail)
}
