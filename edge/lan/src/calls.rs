//! Calls: devices that only ever call, and are known by a name in the query: a serial number.
//!
//! A name is no secret, so it opens nothing: a caller that no administrator added is refused, and nothing of what it
//! sends is read. What a driver answers goes out as it is; without an answer the device is told to try again.

use crate::{LanState, access, connections::ConnectionClass, problem::Problem};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use protocol::DeviceId;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

/// From the request's head to the answer; a device that is slower is told to try again.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest body of a call.
const CALL_BYTES: usize = 1 << 20;
/// Longest path behind the prefix.
const PATH: usize = 128;
/// Longest name of a caller.
const NAME: usize = 64;

/// Everything the port needs for devices that call it.
#[derive(Debug, Clone)]
pub struct CallSettings {
    /// Where they call.
    pub routes: Vec<CallRoute>,
    /// Who was added.
    pub known: watch::Receiver<Arc<KnownCallers>>,
    /// Where calls of known devices go.
    pub calls: mpsc::Sender<DeviceCall>,
    /// Where callers go that nobody added; full, one is not told of.
    pub unknown: mpsc::Sender<UnknownCaller>,
}

/// Known callers by prefix and name.
pub type KnownCallers = BTreeMap<(&'static str, String), DeviceId>;

/// One kind of caller: everything below `/<prefix>/`, named by a query key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallRoute {
    /// The first segment of the path, e.g. `iclock`.
    pub prefix: &'static str,
    /// The query key that names the caller, e.g. `SN`.
    pub key: &'static str,
}

/// A request of a known device.
pub struct DeviceCall {
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
    pub response: oneshot::Sender<CallResponse>,
}

/// What a known device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallResponse {
    /// Status.
    pub status: StatusCode,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// Somebody who called and whom nobody added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCaller {
    /// Where it called.
    pub prefix: &'static str,
    /// What it calls itself.
    pub name: CallerName,
    /// From where.
    pub from: Option<IpAddr>,
}

/// What a caller calls itself: ASCII letters, digits, `-`, `_` and `.`, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerName(String);

impl CallerName {
    /// The name as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for CallerName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for CallerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without query and body: they hold names, card numbers and pictures.
impl fmt::Debug for DeviceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCall")
            .field("device", &self.device)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Takes one call below `/<prefix>/`.
pub(crate) async fn take(route: CallRoute, State(lan): State<LanState>, request: Request) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let path = request.uri().path().get(route.prefix.len() + 2..).unwrap_or_default();
    if path.len() > PATH {
        let detail = "The address is longer than any device's.";
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "urn:ostona:too-long",
            "Too long",
            detail,
        ));
    }
    let Some(device) = caller(&lan, route, query) else {
        let from = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip());
        return Err(refuse(&lan, route, name(route, query), from));
    };
    access::claim(request.extensions(), ConnectionClass::Device, device.as_str())?;
    let (method, path, query) = (request.method().clone(), path.to_owned(), query.to_owned());
    let put_through = async {
        // Few bodies in memory at once, however many devices call.
        let _turn = lan.inner().call_turns.acquire().await.map_err(|_| later())?;
        let (parts, body) = request.into_parts();
        let body = access::device_body(&lan, &device, &parts.headers, body, CALL_BYTES).await?;
        let (response, responded) = oneshot::channel();
        let call = DeviceCall {
            device,
            method,
            path,
            query,
            body: body.bytes.clone(),
            response,
        };
        lan.inner().calls.calls.try_send(call).map_err(|_| later())?;
        responded.await.map_err(|_| later())
    };
    let CallResponse {
        status,
        content_type,
        body,
    } = tokio::time::timeout(CALL_TIMEOUT, put_through)
        .await
        .unwrap_or_else(|_| Err(later()))?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    Ok((status, kind, body).into_response())
}

fn caller(lan: &LanState, route: CallRoute, query: &str) -> Option<DeviceId> {
    let name = name(route, query)?;
    let known = lan.inner().calls.known.borrow();
    known.get(&(route.prefix, name.to_owned())).cloned()
}

/// What the caller calls itself, where that could be a name at all. Given twice, the first counts, here and everywhere.
fn name(route: CallRoute, query: &str) -> Option<&str> {
    let mut pairs = query.split('&');
    let name = pairs.find_map(|pair| pair.strip_prefix(route.key)?.strip_prefix('='))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=NAME).contains(&name.len()) && name.bytes().all(plain)).then_some(name)
}

/// Told to an auditor once a minute at most, and to whoever looks for new devices.
fn refuse(lan: &LanState, route: CallRoute, name: Option<&str>, from: Option<IpAddr>) -> Problem {
    lan.refusals().not_let_in("call", from);
    if let Some(name) = name {
        let caller = UnknownCaller {
            prefix: route.prefix,
            name: name.into(),
            from,
        };
        // It calls again.
        let _ = lan.inner().calls.unknown.try_send(caller);
    }
    let detail = "Nobody has added this device to the site.";
    Problem::new(StatusCode::FORBIDDEN, "urn:ostona:not-approved", "Not approved", detail)
}

fn later() -> Problem {
    Problem::not_now("Send it again later.")
}
