//! How the box is, for machines: `/health` (A41) and `/metrics` (A132).

use crate::{LanState, problem::Problem, settings::CloudLink};
use axum::{Json, extract::State, http::header, response::IntoResponse};
use edge_kernel::{FactsRoom, KernelStatus, Refusal, Roster};
use protocol::{ClockState, LaneCursors, text::AgentVersion};
use serde::Serialize;
use std::{fmt::Write as _, sync::Arc, time::Duration};

/// A kernel that does not answer within this is not well.
const KERNEL_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize)]
pub(crate) struct HealthReport {
    status: &'static str,
    version: AgentVersion,
    uptime_s: u64,
    boot: u64,
    clock: ClockState,
    link: &'static str,
    committed: LaneCursors,
    cursor: LaneCursors,
    unsent: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours_left: Option<f32>,
    /// How full the facts lane is: `ample`, `filling`, `nearly_full`, `full`.
    room: &'static str,
    devices_ok: u32,
    devices_bad: u32,
}

/// Status of the kernel, and the roster as it is on disk. Refused where the kernel is not well.
pub(crate) async fn site(lan: &LanState) -> Result<(KernelStatus, Arc<Roster>), Refusal> {
    let both = async {
        let status = lan.port().status().await?;
        Ok((status, lan.port().read::<Roster>().await?.state))
    };
    tokio::time::timeout(KERNEL_TIMEOUT, both)
        .await
        .unwrap_or(Err(Refusal::Busy))
}

pub(crate) async fn health(State(lan): State<LanState>) -> Result<Json<HealthReport>, Problem> {
    let (status, roster) = site(&lan).await?;
    let (devices_ok, devices_bad) = roster.tally();
    let clock = lan.port().clock();
    Ok(Json(HealthReport {
        status: match status.room {
            FactsRoom::Ample | FactsRoom::Filling => "ok",
            FactsRoom::NearlyFull => "nearly_full",
            FactsRoom::Full => "full",
        },
        version: lan.inner().version.clone(),
        uptime_s: clock.up_ms() / 1000,
        boot: status.boot,
        clock: clock.state(),
        link: match &*lan.link().borrow() {
            CloudLink::Alone => "alone",
            CloudLink::Up => "up",
            CloudLink::Down { .. } => "down",
            CloudLink::TurnedAway(_) => "turned_away",
        },
        committed: status.committed,
        cursor: status.cursor,
        unsent: status.unsent,
        hours_left: status.hours_left,
        room: match status.room {
            FactsRoom::Ample => "ample",
            FactsRoom::Filling => "filling",
            FactsRoom::NearlyFull => "nearly_full",
            FactsRoom::Full => "full",
        },
        devices_ok,
        devices_bad,
    }))
}

pub(crate) async fn metrics(State(lan): State<LanState>) -> Result<impl IntoResponse, Problem> {
    let (status, roster) = site(&lan).await?;
    let (devices_ok, devices_bad) = roster.tally();
    let up_ms = lan.port().clock().up_ms();
    let offline_s = match &*lan.link().borrow() {
        CloudLink::Down { since_ms } => up_ms.saturating_sub(*since_ms) / 1000,
        CloudLink::Alone | CloudLink::Up | CloudLink::TurnedAway(_) => 0,
    };
    let figures: [(&str, &str, u64); 11] = [
        ("ostona_edge_uptime_seconds", "gauge", up_ms / 1000),
        ("ostona_edge_starts_total", "counter", status.boot),
        ("ostona_edge_events_total", "counter", status.events),
        ("ostona_edge_commits_total", "counter", status.commits),
        ("ostona_edge_unsent_events", "gauge", status.unsent),
        ("ostona_edge_facts_bytes", "gauge", status.facts_bytes),
        ("ostona_edge_facts_limit_bytes", "gauge", status.facts_limit),
        ("ostona_edge_telemetry_bytes", "gauge", status.telemetry_bytes),
        ("ostona_edge_link_outage_seconds", "gauge", offline_s),
        ("ostona_edge_devices_online", "gauge", devices_ok.into()),
        ("ostona_edge_devices_offline", "gauge", devices_bad.into()),
    ];
    let text = figures.iter().fold(String::new(), |mut text, (name, kind, value)| {
        let _ = writeln!(text, "# TYPE {name} {kind}\n{name} {value}");
        text
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}
