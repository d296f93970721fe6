//! What kind of device is simulated and which of the recorded oddities it shows.
//!
//! The default is the nastiest behaviour on record (facts/devices.md §1 and §11), not the most convenient one.

use crate::clock::Clock;
use std::{fmt, time::Duration};

/// What stands at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Like a DS-K1T342MWX: JSON parts, `boundary=MIME_boundary`.
    AccessTerminal,
    /// Like an old camera: XML parts, `boundary=boundary`, `videoloss` heartbeats.
    Camera,
}

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP.
    Http,
    /// HTTPS with a certificate of its own; see [`super::Terminal::fingerprint`].
    Https,
}

/// How a device is built and set up.
#[derive(Clone)]
pub struct Config {
    /// Which device.
    pub model: Model,
    /// HTTP or HTTPS.
    pub transport: Transport,
    /// Login.
    pub user: String,
    /// Password.
    pub password: String,
    /// Serial number in `deviceInfo`, and half of what events are deduplicated by.
    pub serial_number: String,
    /// Name in `deviceInfo` and in events.
    pub name: String,
    /// Where it takes its time from.
    pub clock: Clock,
    /// How far its own clock is ahead of `clock`, milliseconds, until somebody sets it.
    pub drift_ms: i64,
    /// Its time zone, minutes east of UTC.
    pub utc_offset_minutes: i32,
    /// How many doors it has.
    pub doors: u16,
    /// How many entries its log has when it first starts.
    pub history: usize,
    /// Seed of gaps, nonces and lengths.
    pub seed: u64,
    /// How long a reboot takes.
    pub reboot_time: Duration,
    /// How long a door stays unlocked.
    pub unlock_time: Duration,
    /// Time between two heartbeats of the stream.
    pub heartbeat: Duration,
    /// Its oddities.
    pub quirks: Quirks,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: Model::AccessTerminal,
            transport: Transport::Http,
            user: "admin".to_owned(),
            password: "Ostona-2026".to_owned(),
            serial_number: "DS-K1T342MWX20250622V031600ENAB1234567".to_owned(),
            name: "Front door".to_owned(),
            clock: Clock::Real,
            drift_ms: 0,
            utc_offset_minutes: 300,
            doors: 1,
            history: 12,
            seed: 1,
            reboot_time: Duration::from_millis(300),
            unlock_time: Duration::from_secs(3),
            heartbeat: Duration::from_secs(1),
            quirks: Quirks::default(),
        }
    }
}

impl fmt::Debug for Config {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            model,
            serial_number,
            name,
            doors,
            history,
            seed,
            quirks,
            ..
        } = self;
        f.debug_struct("Config")
            .field("model", model)
            .field("serial_number", serial_number)
            .field("name", name)
            .field("doors", doors)
            .field("history", history)
            .field("seed", seed)
            .field("quirks", quirks)
            .finish_non_exhaustive()
    }
}

/// Which ways to sign in are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Digest only; an attempt with Basic is refused and counts as a failed login.
    Digest,
    /// Basic only, like cameras of 2014.
    BasicOnly,
}

/// How the first request with a renewed nonce fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewedNonce {
    /// It is taken.
    Taken,
    /// It is refused once with yet another challenge, as some firmwares do.
    RefusedOnce,
}

/// The `Content-Length` of stream parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartLength {
    /// Right.
    Right,
    /// At random right, off by up to seven, or absent.
    Unreliable,
    /// Never there.
    Absent,
}

/// The header over an XML answer to a request that asked for JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XmlHeader {
    /// `application/xml`.
    Xml,
    /// `application/json`, though the body is XML.
    Json,
}

/// What a search says that found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMatch {
    /// `NO MATCH`, as seen.
    Spaced,
    /// `NO_MATCHES`, as documented.
    Underscored,
}

/// Whether the stream starts with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The whole log with `currentEvent: false` on each connect.
    WholeLog,
    /// Live events only.
    Nothing,
}

/// Whether `httpHosts` survive a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushHostMemory {
    /// The slot stays in the list but is not used until it is written again, as on a DS-K1T502.
    UnusedAfterReboot,
    /// It survives.
    Kept,
}

/// How events are pushed to a listening host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushShape {
    /// `multipart/form-data` with an `event_log` part that has no `Content-Type`, and a picture.
    Multipart,
    /// `application/json`.
    Json,
}

/// Values of `cmd` a door takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoorCommands {
    /// `open, close, alwaysOpen, alwaysClose` (K1T342).
    Terminal,
    /// `open, alwaysOpen, resume` (intercom).
    Intercom,
}

/// The oddities. Each is on record for some device.
#[derive(Debug, Clone, Copy)]
pub struct Quirks {
    /// How often a nonce may be used.
    pub nonce_uses: u32,
    /// See [`SignIn`].
    pub sign_in: SignIn,
    /// See [`RenewedNonce`].
    pub renewed_nonce: RenewedNonce,
    /// After how many failed logins it locks.
    pub failures_to_lock: u32,
    /// For how long it locks; attempts meanwhile start it anew.
    pub lock_time: Duration,
    /// See [`PartLength`].
    pub part_length: PartLength,
    /// See [`XmlHeader`].
    pub xml_header: XmlHeader,
    /// See [`Replay`].
    pub replay: Replay,
    /// How many streams it serves at once.
    pub stream_slots: usize,
    /// How long a slot stays taken after its connection ended.
    pub slot_linger: Duration,
    /// Most rows of one search page, whatever was asked for.
    pub page_cap: usize,
    /// See [`NoMatch`].
    pub no_match: NoMatch,
    /// One new serial number in this many skips some; 0: none does.
    pub gap_once_in: u64,
    /// Length of the `AcsWorkStatus` arrays.
    pub work_status_length: usize,
    /// See [`PushHostMemory`].
    pub push_host_memory: PushHostMemory,
    /// See [`PushShape`].
    pub push_shape: PushShape,
    /// See [`DoorCommands`].
    pub door_commands: DoorCommands,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            nonce_uses: 2,
            sign_in: SignIn::Digest,
            renewed_nonce: RenewedNonce::Taken,
            failures_to_lock: 5,
            lock_time: Duration::from_secs(30 * 60),
            part_length: PartLength::Unreliable,
            xml_header: XmlHeader::Json,
            replay: Replay::WholeLog,
            stream_slots: 1,
            slot_linger: Duration::from_millis(400),
            page_cap: 30,
            no_match: NoMatch::Spaced,
            gap_once_in: 5,
            work_status_length: 126,
            push_host_memory: PushHostMemory::UnusedAfterReboot,
            push_shape: PushShape::Multipart,
            door_commands: DoorCommands::Terminal,
        }
    }
}
