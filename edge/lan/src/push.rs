//! Pushes: devices that post to us on their own. The URL's secret is their only credential, compared in constant time.
//!
//! No byte of a body is read before the secret was right, and "taken" is never said before it is on disk.

use crate::{LanState, access, connections::ConnectionClass, problem::Problem};
use axum::{
    extract::{ConnectInfo, Path, Request, State, rejection::PathRejection},
    http::{StatusCode, header},
};
use bytes::Bytes;
use protocol::DeviceId;
use std::{fmt, net::SocketAddr, time::Duration};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

/// Longest push: an event with a picture.
const PUSH_BYTES: usize = 4 << 20;
/// From the secret to the answer; a device that sends more slowly is told to try again.
const PUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// One body a device posted.
pub struct DevicePush {
    /// Which device.
    pub device: DeviceId,
    /// The `Content-Type` header; empty where there is none.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
    /// `true` once what it holds is on disk. Dropped: the device is told to try again.
    pub stored: oneshot::Sender<bool>,
}

/// Without the body: it may hold names, card numbers and pictures.
impl fmt::Debug for DevicePush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevicePush")
            .field("device", &self.device)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

pub(crate) async fn take(
    State(lan): State<LanState>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    // One answer for "no such device" and "wrong secret": the URL must not tell which devices there are.
    let Some(device) = path
        .ok()
        .and_then(|Path((device, token))| authenticate(&lan, &device, &token))
    else {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        lan.refusals().not_let_in("push", peer.map(|peer| peer.0.ip()));
        return Err(Problem::not_found("No such push address."));
    };
    access::claim(request.extensions(), ConnectionClass::Device, device.as_str())?;
    tokio::time::timeout(PUSH_TIMEOUT, hand_over(&lan, device, request))
        .await
        .unwrap_or_else(|_| Err(later()))
}

fn authenticate(lan: &LanState, device: &str, token: &str) -> Option<DeviceId> {
    let device: DeviceId = device.parse().ok()?;
    let expected = lan.inner().device_auth.push_token(&device)?;
    bool::from(expected.as_bytes().ct_eq(token.as_bytes())).then_some(device)
}

async fn hand_over(lan: &LanState, device: DeviceId, request: Request) -> Result<StatusCode, Problem> {
    // Few bodies in memory at once, however many devices push.
    let _turn = lan.inner().push_turns.acquire().await.map_err(|_| later())?;
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    let (parts, body) = request.into_parts();
    let body = access::device_body(lan, &device, &parts.headers, body, PUSH_BYTES).await?;
    let (taken, answer) = oneshot::channel();
    let push = DevicePush {
        device,
        content_type,
        body: body.bytes.clone(),
        stored: taken,
    };
    lan.inner().pushes.try_send(push).map_err(|_| later())?;
    match answer.await {
        Ok(true) => Ok(StatusCode::OK),
        Ok(false) | Err(_) => Err(later()),
    }
}

fn later() -> Problem {
    Problem::not_now("Send it again later.")
}
