//! Local ingest: agents of the LAN that speak HTTP instead of MQTT (A119, A120).
//!
//! `Authorization: Bearer <device>.<token>`; the body is a JSON array of reports; 202 only once they are on disk. No
//! byte of the body is read before the token was right, and none of it is quoted in an answer.

use crate::{LanState, access, body_budget::BodySender, connections::ConnectionClass, problem::Problem};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
};
use edge_kernel::FactEntry;
use protocol::{Actor, DeviceId, lan::Report};
use serde::de::{Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use std::{fmt, net::SocketAddr};

/// Reports in one request at most.
const REPORTS: usize = 1000;
/// Longest body.
const BODY_BYTES: usize = 1 << 20;

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
    access::claim(request.extensions(), ConnectionClass::Device, device.as_str())?;
    let (parts, body) = request.into_parts();
    let sender = BodySender::Known(device.to_string());
    let body = lan
        .inner()
        .bodies
        .read_in_time(sender, &parts.headers, body, BODY_BYTES)
        .await?;
    let entries =
        entries(&body.bytes).inspect_err(|problem| lan.refusals().not_understood(&device, problem.detail()))?;
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
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = json.deserialize_seq(ReportList).and_then(|reports| {
        json.end()?;
        Ok(reports)
    });
    let reports = read.map_err(|error| {
        let detail = format!("The body is not a JSON array of reports: {}.", position(&error));
        Problem::new(
            StatusCode::BAD_REQUEST,
            "urn:ostona:bad-report",
            "Not understood",
            detail,
        )
    })?;
    let Some(reports) = reports else {
        let detail = format!("More than {REPORTS} reports at once.");
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "urn:ostona:too-many",
            "Too many",
            detail,
        ));
    };
    Ok(reports.into_iter().map(FactEntry::from).collect())
}

/// Reads as many reports as are taken at once; none where there are more, which are passed over and never kept.
struct ReportList;

impl<'de> Visitor<'de> for ReportList {
    type Value = Option<Vec<Report>>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of reports")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut reports = Vec::new();
        while let Some(report) = list.next_element::<Report>()? {
            reports.push(report);
            if reports.len() > REPORTS {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
        }
        Ok(Some(reports))
    }
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
