//! Local ingest: agents of the LAN that speak HTTP instead of MQTT (A119, A120).
//!
//! `Authorization: Bearer <device>.<token>`; the body is a JSON array of reports; 202 only once they are on disk. No
//! byte of the body is read before the token was right, and none of it is quoted in an answer.

use crate::{LanState, problem::Problem};
use axum::{
    extract::{ConnectInfo, FromRequest as _, Request, State},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use edge_kernel::FactEntry;
use protocol::{Actor, DeviceId, lan::Report};
use std::{net::SocketAddr, time::Duration};

/// Reports in one request at most.
const REPORTS: usize = 1000;
/// Time for the body to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

pub(crate) async fn events(State(lan): State<LanState>, request: Request) -> Result<StatusCode, Problem> {
    let Some(device) = admitted(&lan, request.headers()) else {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        lan.refusals().not_let_in("local", peer.map(|peer| peer.0.ip()));
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "urn:ostona:not-signed-in",
            "Not signed in",
            "Send Authorization: Bearer <device>.<token> with the token this device was given.",
        ));
    };
    let body = tokio::time::timeout(BODY_TIME, Bytes::from_request(request, &())).await;
    let body = body.map_err(|_| Problem::of_body(StatusCode::REQUEST_TIMEOUT))?;
    let body = body.map_err(|rejection| Problem::of_body(rejection.status()))?;
    let entries = entries(&body).inspect_err(|problem| lan.refusals().not_understood(&device, problem.detail()))?;
    lan.port().record(Actor::Device { id: device }, entries).await?;
    Ok(StatusCode::ACCEPTED)
}

fn admitted(lan: &LanState, headers: &HeaderMap) -> Option<DeviceId> {
    let credentials = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, bearer) = credentials.split_once(' ')?;
    let (device, token) = bearer.split_once('.')?;
    let device: DeviceId = device.parse().ok()?;
    (scheme.eq_ignore_ascii_case("bearer") && lan.inner().device_auth.admits(&device, token)).then_some(device)
}

fn entries(body: &[u8]) -> Result<Vec<FactEntry>, Problem> {
    let reports: Vec<Report> = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("The body is not a JSON array of reports: {}.", position(&error));
        Problem::new(
            StatusCode::BAD_REQUEST,
            "urn:ostona:bad-report",
            "Not understood",
            detail,
        )
    })?;
    if reports.len() > REPORTS {
        let detail = format!("{} reports at once; {REPORTS} is the most.", reports.len());
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "urn:ostona:too-many",
            "Too many",
            detail,
        ));
    }
    Ok(reports.into_iter().map(FactEntry::from).collect())
}

/// Where it went wrong, without quoting what was sent.
fn position(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}
