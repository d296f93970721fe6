//! The one place that reads the machine's clocks.
//!
//! A Pi without a battery boots in the past. Until NTP or the cloud has set it right the clock is `Estimated`, and
//! nothing that needs to know the time actuates.

use protocol::{ClockState, Timestamp};
use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// systemd-timesyncd touches this once NTP has set the clock.
const NTP_MARK: &str = "/run/systemd/timesync/synchronized";
/// Shifts wall time, milliseconds: for tests that play with wrong clocks.
const OFFSET_VARIABLE: &str = "OSTONA_CLOCK_OFFSET_MS";
/// The cloud's time is taken where it differs by more than this and more than the round trip.
const TOLERANCE_MS: i64 = 1000;

/// Wall time, corrected by the cloud's where the machine has none to trust.
#[derive(Debug)]
pub(crate) struct WallClock {
    started: Instant,
    correction_ms: AtomicI64,
    by_ntp: AtomicBool,
    by_cloud: AtomicBool,
    zone: jiff::tz::TimeZone,
}

impl WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub(crate) fn new(zone: jiff::tz::TimeZone) -> Self {
        let offset = std::env::var(OFFSET_VARIABLE)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let clock = Self {
            started: Instant::now(),
            correction_ms: AtomicI64::new(offset),
            by_ntp: AtomicBool::new(false),
            by_cloud: AtomicBool::new(false),
            zone,
        };
        clock.look_for_ntp();
        clock
    }

    /// Looks whether NTP has set the clock meanwhile. A clock shifted for a test is nobody's.
    pub(crate) fn look_for_ntp(&self) {
        let shifted = std::env::var_os(OFFSET_VARIABLE).is_some();
        self.by_ntp
            .store(!shifted && Path::new(NTP_MARK).exists(), Ordering::Relaxed);
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn machine_ms() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl edge_kernel::Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(Self::machine_ms().saturating_add(self.correction_ms.load(Ordering::Relaxed)))
    }
    fn state(&self) -> ClockState {
        if self.by_ntp.load(Ordering::Relaxed) || self.by_cloud.load(Ordering::Relaxed) {
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
        edge_kernel::Clock::now(self)
    }
    fn offset_seconds(&self) -> i32 {
        let now = jiff::Timestamp::from_millisecond(edge_kernel::Clock::now(self).as_millis()).unwrap_or_default();
        self.zone.to_offset(now).seconds()
    }
}

impl edge_uplink::CloudTime for WallClock {
    fn learn(&self, cloud_now: Timestamp, round_trip: Duration) {
        if self.by_ntp.load(Ordering::Relaxed) {
            return;
        }
        let trip_ms = i64::try_from(round_trip.as_millis()).unwrap_or(i64::MAX);
        let here = edge_kernel::Clock::now(self).as_millis();
        let off = cloud_now.as_millis().saturating_add(trip_ms / 2).saturating_sub(here);
        if off.abs() > TOLERANCE_MS.max(trip_ms) {
            tracing::info!(off_ms = off, "the clock was set by the cloud's");
            self.correction_ms.fetch_add(off, Ordering::Relaxed);
        }
        self.by_cloud.store(true, Ordering::Relaxed);
    }
}
