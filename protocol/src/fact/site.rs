//! Facts about the edge, its link and its journal.

use super::Shape;
use crate::lane::{Lane, Seq};
use crate::text::{AgentVersion, LinkTransport};
use crate::time::{ClockState, Timestamp};
use serde::{Deserialize, Serialize};

/// The agent started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentStart {
    /// Version of the agent.
    pub version: AgentVersion,
    /// Commands found unfinished and settled as failed.
    pub interrupted: u32,
    /// How the journal was found: `clean`, or what recovery had to do, in words.
    pub journal: String,
}

/// How the edge is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Version of the agent.
    pub version: AgentVersion,
    /// Seconds since this run started.
    pub uptime_s: u64,
    /// Events not yet with the cloud, both lanes.
    pub journal_depth: u64,
    /// Bytes of the journal on disk, both lanes.
    pub journal_bytes: u64,
    /// Hours until the facts lane's budget is used up at the current rate; none: not at this rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_left: Option<f32>,
    /// When the oldest unsent event happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// CPU, percent of all cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f32>,
    /// Memory, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mem: Option<f32>,
    /// Disk that holds the journal, percent used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<f32>,
    /// Temperature, °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_c: Option<f32>,
    /// Agents (staff PCs, room computers) whose lease holds.
    pub agents_online: u32,
    /// Devices online.
    pub devices_ok: u32,
    /// Devices offline or degraded.
    pub devices_bad: u32,
    /// How often the agent has started.
    pub boots: u64,
}

/// The link to the cloud changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkChange {
    /// `socket` or `rest`.
    pub via: LinkTransport,
    /// How long the link had been down, seconds; zero where it went down.
    pub outage_s: u64,
}

/// The wall clock changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockChange {
    /// What the clock is now.
    pub state: ClockState,
    /// By how much it jumped, milliseconds, forward positive.
    pub jump_ms: i64,
}

/// A lane is full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalFull {
    /// Which lane.
    pub lane: Lane,
    /// Bytes used.
    pub used: u64,
    /// Bytes allowed.
    pub limit: u64,
}

/// A lane fills up: it will be full before long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalFilling {
    /// Which lane.
    pub lane: Lane,
    /// Bytes used.
    pub used: u64,
    /// Bytes allowed.
    pub limit: u64,
    /// Hours until it is full, as fast as it has grown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_left: Option<f32>,
}

/// Why events are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The lane's byte budget was used up.
    Budget,
    /// Older than the retention time (A137: 7 days) and not with a cloud.
    Age,
    /// Damaged on disk: the checksum did not match.
    Damaged,
    /// The file that held them is missing.
    Missing,
    /// Not dropped: written to an export file.
    Exported,
    /// Not dropped: the cloud had confirmed them, and lost them since.
    Acknowledged,
    /// Not dropped: they went up under the epoch before, until the journal was restored from a copy.
    Restored,
}

/// A range of a lane, ends included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRange {
    /// Which lane.
    pub lane: Lane,
    /// First seq.
    pub from_seq: Seq,
    /// Last seq.
    pub to_seq: Seq,
    /// Bytes concerned.
    pub bytes: u64,
    /// Why.
    pub reason: DropReason,
}

impl Shape for AgentStart {}

impl Shape for Heartbeat {}

impl Shape for LinkChange {}

impl Shape for ClockChange {}

impl Shape for JournalFull {}

impl Shape for JournalFilling {}

impl Shape for EventRange {}
