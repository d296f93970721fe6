//! The one place that reads the machine's clocks.
//!
//! A Pi without a battery boots in the past. Until NTP or the cloud has set it right the clock is `Estimated`, and
//! nothing that needs to know the time actuates; it goes on from the newest fact on disk, never from before. The cloud's time
//! runs on by the monotonic clock: whatever is done to the machine's clock meanwhile does not move it, and once NTP has set
//! that, the machine's counts again. Both count for [`ntp_mark::GOOD_FOR`] without being told anew.

mod ntp_mark;

use crate::settings::ClockSource;
use ntp_mark::{GOOD_FOR, MachineClocks, NtpMark};
use protocol::{ClockState, Timestamp};
use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// systemd-timesyncd touches this once NTP has set the clock.
const NTP_MARK: &str = "/run/systemd/timesync/synchronized";
/// Shifts wall time, milliseconds: for tests that play with wrong clocks.
const OFFSET_VARIABLE: &str = "OSTONA_CLOCK_OFFSET_MS";
/// The cloud's time is taken where it differs by more than this and more than the round trip.
const TOLERANCE_MS: i64 = 1000;
/// In place of a wall time: the cloud has not told its time yet.
const UNTOLD: i64 = i64::MIN;

/// Wall time: the machine's where NTP keeps it, else the cloud's, else the machine's with a shrug.
#[derive(Debug)]
pub(crate) struct WallClock {
    started: Instant,
    source: ClockSource,
    ntp_mark: Mutex<NtpMark>,
    /// A clock shifted for a test is nobody's.
    shift_ms: Option<i64>,
    by_ntp: AtomicBool,
    /// The cloud's wall time when this run started, milliseconds.
    by_cloud: AtomicI64,
    /// When the cloud told its time last, milliseconds of this run.
    cloud_told: AtomicI64,
    /// Wall time that an estimated clock showed at least when this run started: that of the newest fact then, milliseconds.
    least: AtomicI64,
    zone: jiff::tz::TimeZone,
}

impl WallClock {
    pub(crate) fn new(zone: jiff::tz::TimeZone, source: ClockSource) -> Self {
        let shift_ms = std::env::var(OFFSET_VARIABLE).ok().and_then(|text| text.parse().ok());
        Self::with(zone, source, NTP_MARK.into(), shift_ms)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub(crate) fn with(
        zone: jiff::tz::TimeZone,
        source: ClockSource,
        ntp_mark: PathBuf,
        shift_ms: Option<i64>,
    ) -> Self {
        let clock = Self {
            started: Instant::now(),
            source,
            ntp_mark: Mutex::new(NtpMark::new(ntp_mark)),
            shift_ms,
            by_ntp: AtomicBool::new(false),
            by_cloud: AtomicI64::new(UNTOLD),
            cloud_told: AtomicI64::new(0),
            least: AtomicI64::new(UNTOLD),
            zone,
        };
        clock.look_for_ntp();
        clock
    }

    /// Looks whether NTP has set the clock meanwhile.
    pub(crate) fn look_for_ntp(&self) {
        let now = MachineClocks {
            wall_ms: self.machine_ms(),
            run_ms: self.run_ms(),
        };
        let is_kept = match self.source {
            ClockSource::Machine => true,
            ClockSource::Ntp => self.ntp_mark.lock().unwrap_or_else(PoisonError::into_inner).look(now),
        };
        self.by_ntp.store(is_kept && self.shift_ms.is_none(), Ordering::Relaxed);
    }

    /// The cloud's time now, where it told it and not too long ago.
    fn cloud_ms(&self) -> Option<i64> {
        let by_cloud = self.by_cloud.load(Ordering::Relaxed);
        let run_ms = self.run_ms();
        let age_ms = run_ms.saturating_sub(self.cloud_told.load(Ordering::Relaxed));
        let is_good = by_cloud != UNTOLD && u128::try_from(age_ms).is_ok_and(|age| age < GOOD_FOR.as_millis());
        is_good.then(|| by_cloud.saturating_add(run_ms))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn machine_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let machine = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        machine.saturating_add(self.shift_ms.unwrap_or(0))
    }

    fn run_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

impl edge_kernel::EdgeClock for WallClock {
    fn offset_seconds(&self) -> i32 {
        adapter_sdk::Clock::offset_seconds(self)
    }
    fn now(&self) -> Timestamp {
        if self.by_ntp.load(Ordering::Relaxed) {
            return Timestamp::from_millis(self.machine_ms());
        }
        Timestamp::from_millis(self.cloud_ms().unwrap_or_else(|| {
            let least = self.least.load(Ordering::Relaxed);
            self.machine_ms().max(least.saturating_add(self.run_ms()))
        }))
    }
    fn resume_after(&self, last: Timestamp) {
        let started = last.as_millis().saturating_sub(self.run_ms());
        self.least.store(started, Ordering::Relaxed);
    }
    fn state(&self) -> ClockState {
        if self.by_ntp.load(Ordering::Relaxed) || self.cloud_ms().is_some() {
            ClockState::Synced
        } else {
            ClockState::Estimated
        }
    }
    fn up_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl adapter_sdk::Clock for WallClock {
    fn now(&self) -> Timestamp {
        edge_kernel::EdgeClock::now(self)
    }
    fn state(&self) -> ClockState {
        edge_kernel::EdgeClock::state(self)
    }
    fn offset_seconds(&self) -> i32 {
        let now = jiff::Timestamp::from_millisecond(edge_kernel::EdgeClock::now(self).as_millis()).unwrap_or_default();
        self.zone.to_offset(now).seconds()
    }
}

impl edge_uplink::CloudTime for WallClock {
    fn learn(&self, cloud_now: Timestamp, round_trip: Duration) {
        if self.by_ntp.load(Ordering::Relaxed) {
            return;
        }
        let trip_ms = i64::try_from(round_trip.as_millis()).unwrap_or(i64::MAX);
        let here = edge_kernel::EdgeClock::now(self).as_millis();
        let there = cloud_now.as_millis().saturating_add(trip_ms / 2);
        let off = there.saturating_sub(here);
        let now = if off.saturating_abs() > TOLERANCE_MS.max(trip_ms) {
            tracing::info!(off_ms = off, "the clock was set by the cloud's");
            there
        } else {
            here
        };
        let started = now.saturating_sub(self.run_ms());
        self.by_cloud.store(started, Ordering::Relaxed);
        self.cloud_told.store(self.run_ms(), Ordering::Relaxed);
    }
}
