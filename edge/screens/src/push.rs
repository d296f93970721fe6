//! Pushes: devices that post to us on their own. The URL's secret is their only credential, compared in constant time.

use crate::{House, problem::Problem};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use protocol::DeviceId;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

/// One body a device posted.
#[derive(Debug)]
pub struct Pushed {
    /// Which device.
    pub device: DeviceId,
    /// The `Content-Type` header; empty where there is none.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
    /// `true` once what it holds is on disk. Dropped: the device is told to try again.
    pub taken: oneshot::Sender<bool>,
}

pub(crate) async fn take(
    State(house): State<House>,
    Path((device, token)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    // One answer for "no such device" and "wrong secret": the URL must not tell which devices there are.
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "urn:ostona:not-found",
            "Nothing here",
            "No such push address.",
        )
    };
    let device: DeviceId = device.parse().map_err(|_| unknown())?;
    let expected = house.doorkeeper.push_token(&device).ok_or_else(unknown)?;
    if !bool::from(expected.as_bytes().ct_eq(token.as_bytes())) {
        return Err(unknown());
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (taken, answer) = oneshot::channel();
    let pushed = Pushed {
        device,
        content_type: content_type.to_owned(),
        body,
        taken,
    };
    let later = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "urn:ostona:not-now",
            "Not now",
            "Send it again later.",
        )
    };
    house.pushes.try_send(pushed).map_err(|_| later())?;
    match answer.await {
        Ok(true) => Ok(StatusCode::OK),
        Ok(false) | Err(_) => Err(later()),
    }
}
