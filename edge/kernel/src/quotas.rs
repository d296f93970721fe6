//! How much one device may have recorded, on whatever road it comes, and how many notices of strangers are.
//!
//! The writer alone holds them: nothing here is shared, and each call costs the same however many devices there are.

use crate::{KernelLimits, Refusal};
use protocol::{DeviceId, Fact, Lane, fact::Audit};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

const DAY_MS: f64 = 24.0 * 3600.0 * 1000.0;
/// Seconds' worth of reports in hand after a silence: what a device kept while it was cut off comes at once.
const BURST_S: f64 = 20.0;
/// Notices of strangers in hand after a quiet time.
const NOTICES: f64 = 64.0;
/// Milliseconds for one more.
const NOTICE_MS: f64 = 10_000.0;

/// So much, refilled with time. Overdrawn by what one call brings at most.
#[derive(Debug)]
struct QuotaBucket {
    level: f64,
    capacity: f64,
    per_ms: f64,
    filled_ms: u64,
}

impl QuotaBucket {
    fn new(capacity: f64, refill_ms: f64, up_ms: u64) -> Self {
        Self {
            level: capacity,
            capacity,
            per_ms: capacity / refill_ms,
            filled_ms: up_ms,
        }
    }

    fn refill(&mut self, up_ms: u64) {
        let passed = up_ms.saturating_sub(self.filled_ms);
        self.level = (self.level + passed as f64 * self.per_ms).min(self.capacity);
        self.filled_ms = up_ms;
    }

    /// How long until there is something again; none: there is.
    fn wait(&self) -> Option<Duration> {
        (self.level <= 0.0).then(|| Duration::from_millis((-self.level / self.per_ms) as u64 + 1000))
    }
}

/// One device's.
#[derive(Debug)]
struct DeviceQuota {
    facts: QuotaBucket,
    telemetry: QuotaBucket,
    live: QuotaBucket,
    /// Whether an auditor was told that it is used up.
    reported: bool,
}

/// What one call brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RecordedAmount {
    pub(crate) facts_bytes: u64,
    pub(crate) telemetry_bytes: u64,
    /// Facts that are no back-fill.
    pub(crate) live: u64,
}

impl RecordedAmount {
    pub(crate) fn add(&mut self, lane: Lane, bytes: usize, replay: Replay) {
        match lane {
            Lane::Facts => self.facts_bytes += bytes as u64,
            Lane::Telemetry => self.telemetry_bytes += bytes as u64,
        }
        self.live += u64::from(lane == Lane::Facts && replay == Replay::Live);
    }
}

/// Whether an entry is one of the device's own log, told late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    Backfill,
    Live,
}

/// All devices' quotas.
#[derive(Debug)]
pub(crate) struct DeviceQuotas {
    limits: KernelLimits,
    devices: HashMap<DeviceId, DeviceQuota>,
}

/// A device has used its share up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeviceQuotaExceeded {
    pub(crate) retry_after: Duration,
    /// It is the first time since there was something left.
    pub(crate) is_news: bool,
}

impl DeviceQuotas {
    pub(crate) fn new(limits: &KernelLimits) -> Self {
        Self {
            limits: limits.clone(),
            devices: HashMap::new(),
        }
    }

    /// Whether a device may have something recorded in these lanes. Only of devices on the roster, which bounds how many
    /// are remembered.
    pub(crate) fn check(
        &mut self,
        device: &DeviceId,
        wants: RecordedAmount,
        up_ms: u64,
    ) -> Result<(), DeviceQuotaExceeded> {
        let Some(quota) = self.devices.get_mut(device) else {
            let quota = DeviceQuota::new(&self.limits, up_ms);
            self.devices.insert(device.clone(), quota);
            return Ok(());
        };
        let DeviceQuota {
            facts,
            telemetry,
            live,
            reported,
        } = quota;
        let lanes = [
            (facts, wants.facts_bytes),
            (telemetry, wants.telemetry_bytes),
            (live, wants.live),
        ];
        let waits = lanes.map(|(bucket, wants)| {
            bucket.refill(up_ms);
            bucket.wait().filter(|_| wants > 0)
        });
        match waits.into_iter().flatten().max() {
            None => {
                *reported &= wants == RecordedAmount::default();
                Ok(())
            }
            Some(retry_after) => Err(DeviceQuotaExceeded {
                retry_after,
                is_news: !std::mem::replace(reported, true),
            }),
        }
    }

    /// Takes off what was recorded.
    pub(crate) fn charge(&mut self, device: &DeviceId, amount: RecordedAmount) {
        if let Some(quota) = self.devices.get_mut(device) {
            quota.facts.level -= amount.facts_bytes as f64;
            quota.telemetry.level -= amount.telemetry_bytes as f64;
            quota.live.level -= amount.live as f64;
        }
    }

    /// A device was taken off the roster.
    pub(crate) fn forget(&mut self, device: &DeviceId) {
        self.devices.remove(device);
    }
}

impl DeviceQuota {
    fn new(limits: &KernelLimits, up_ms: u64) -> Self {
        let per_s = f64::from(limits.device_facts_per_s.max(1));
        Self {
            facts: QuotaBucket::new(limits.device_facts_per_day.max(1) as f64, DAY_MS, up_ms),
            telemetry: QuotaBucket::new(limits.device_telemetry_per_day.max(1) as f64, DAY_MS, up_ms),
            live: QuotaBucket::new(per_s * BURST_S, BURST_S * 1000.0, up_ms),
            reported: false,
        }
    }
}

impl DeviceQuotaExceeded {
    pub(crate) fn refusal(self, device: &DeviceId) -> Refusal {
        Refusal::Quota {
            device: device.clone(),
            retry_after: self.retry_after,
        }
    }
}

/// Notices of strangers: some are recorded one by one, the others added up.
#[derive(Debug)]
pub(crate) struct StrangerNotices {
    bucket: QuotaBucket,
    added_up: BTreeMap<&'static str, u64>,
}

/// What becomes of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeFate {
    Recorded,
    AddedUp,
}

impl StrangerNotices {
    pub(crate) fn new(up_ms: u64) -> Self {
        Self {
            bucket: QuotaBucket::new(NOTICES, NOTICES * NOTICE_MS, up_ms),
            added_up: BTreeMap::new(),
        }
    }

    pub(crate) fn notice(&mut self, fact: &Fact, up_ms: u64) -> NoticeFate {
        self.bucket.refill(up_ms);
        if self.bucket.level >= 1.0 {
            self.bucket.level -= 1.0;
            return NoticeFate::Recorded;
        }
        *self.added_up.entry(fact.name()).or_default() += 1;
        NoticeFate::AddedUp
    }

    /// What was added up, once there is room for it.
    pub(crate) fn sum(&mut self, up_ms: u64) -> Option<Fact> {
        if self.added_up.is_empty() {
            return None;
        }
        self.bucket.refill(up_ms);
        if self.bucket.level < 1.0 {
            return None;
        }
        self.bucket.level -= 1.0;
        let counts = std::mem::take(&mut self.added_up);
        let counts: Vec<_> = counts.iter().map(|(name, count)| format!("{count} × {name}")).collect();
        Some(Fact::Audited(Audit {
            action: "notices.added_up".into(),
            entity: None,
            detail: Some(counts.join(", ")),
        }))
    }
}
