//! How the box is, for machines: `/health` (A41) and `/metrics` (A132).

use crate::{LanState, problem::Problem, settings::CloudLink};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use edge_kernel::{DevicePresence, FactsRoom, KernelStatus, Refusal, Roster};
use protocol::{
    ClockState, LaneCursors,
    text::{AgentVersion, DeviceKind},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Duration};

/// A kernel that does not answer within this is not well.
const KERNEL_TIMEOUT: Duration = Duration::from_secs(2);

/// So long after its start a box may not know the time: NTP or the cloud says it within seconds.
const CLOCK_MS: u64 = 10 * 60_000;
/// So long the cloud may be away before somebody should look: a night's maintenance is none of it.
const LINK_MS: u64 = 24 * 3_600_000;

/// A promise the box cannot keep now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthReason {
    /// There is no room for new work: no ticket, no command.
    RoomFull,
    /// Room lasts for days only, or devices are refused already.
    RoomNearlyFull,
    /// The time is a guess: no dated key opens a door.
    ClockEstimated,
    /// The cloud has been away for a day: no command, key or document arrives.
    ControlChannelDown,
    /// The cloud turns this box away.
    TurnedAway,
    /// Every device of a kind is away.
    DevicesOffline,
}

#[derive(Debug, Serialize)]
pub(crate) struct HealthReport {
    /// `ok`, or `failing`: then the answer is a 503, and these are the reasons.
    status: &'static str,
    reasons: Vec<HealthReason>,
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

/// Everything the box should be looked after for, the worst first.
fn reasons(lan: &LanState, status: &KernelStatus, roster: &Roster) -> Vec<HealthReason> {
    let clock = lan.port().clock();
    let up_ms = clock.up_ms();
    let link = match &*lan.link().borrow() {
        CloudLink::TurnedAway(_) => Some(HealthReason::TurnedAway),
        CloudLink::Down { since_ms } if up_ms.saturating_sub(*since_ms) >= LINK_MS => {
            Some(HealthReason::ControlChannelDown)
        }
        CloudLink::Alone | CloudLink::Up | CloudLink::Down { .. } => None,
    };
    let is_lost = clock.state() == ClockState::Estimated && up_ms >= CLOCK_MS;
    let clock = is_lost.then_some(HealthReason::ClockEstimated);
    let devices = is_a_kind_away(roster).then_some(HealthReason::DevicesOffline);
    let room = match status.room {
        FactsRoom::Ample | FactsRoom::Filling => None,
        FactsRoom::NearlyFull => Some(HealthReason::RoomNearlyFull),
        FactsRoom::Full => Some(HealthReason::RoomFull),
    };
    room.into_iter().chain(link).chain(clock).chain(devices).collect()
}

/// Whether there is a kind of device of which some were there once and none is now.
fn is_a_kind_away(roster: &Roster) -> bool {
    let mut kinds: BTreeMap<&DeviceKind, (u32, u32)> = BTreeMap::new();
    for (_, device) in roster.devices() {
        let (here, away) = kinds.entry(&device.kind).or_default();
        match device.presence {
            DevicePresence::Online | DevicePresence::Degraded { .. } => *here += 1,
            DevicePresence::Offline { .. } => *away += 1,
            DevicePresence::New | DevicePresence::Retired => {}
        }
    }
    kinds.values().any(|(here, away)| *here == 0 && *away > 0)
}

pub(crate) async fn health(State(lan): State<LanState>) -> Result<(StatusCode, Json<HealthReport>), Problem> {
    let (status, roster) = site(&lan).await?;
    let (devices_ok, devices_bad) = roster.tally();
    let (clock, reasons) = (lan.port().clock(), reasons(&lan, &status, &roster));
    let (code, word) = if reasons.is_empty() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "failing")
    };
    let report = HealthReport {
        status: word,
        reasons,
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
    };
    Ok((code, Json(report)))
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
