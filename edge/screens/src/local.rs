//! Local ingest: agents of the LAN that speak HTTP instead of MQTT (A119, A120).
//!
//! `Authorization: Bearer <device>.<token>`; the body is a JSON array of reports; 202 only once they are on disk.

use crate::{House, problem::Problem};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use edge_kernel::Entry;
use protocol::{Actor, DeviceId, lan::Report};

/// Reports in one request at most.
const REPORTS: usize = 1000;

pub(crate) async fn events(State(house): State<House>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Problem> {
    let device = admitted(&house, &headers).ok_or_else(|| {
        let detail = "Send Authorization: Bearer <device>.<token> with the token this device was given.";
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "urn:ostona:not-signed-in",
            "Not signed in",
            detail,
        )
    })?;
    let reports: Vec<Report> = serde_json::from_slice(&body).map_err(|error| {
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
    let entries = reports.into_iter().map(Entry::from).collect();
    house.port.record(Actor::Device { id: device }, entries).await?;
    Ok(StatusCode::ACCEPTED)
}

fn admitted(house: &House, headers: &HeaderMap) -> Option<DeviceId> {
    let bearer = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")?;
    let (device, token) = bearer.split_once('.')?;
    let device: DeviceId = device.parse().ok()?;
    house.doorkeeper.admits(&device, token).then_some(device)
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
