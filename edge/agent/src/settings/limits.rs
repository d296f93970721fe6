//! How much the journal may take, and how much one device may say: `[journal]` and `[limits]`.

use edge_kernel::KernelLimits;
use serde::Deserialize;
use std::time::Duration;

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// What the journal may take of the disk.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Budgets {
    pub(crate) facts_mb: u64,
    pub(crate) telemetry_mb: u64,
    pub(crate) keep_days: u64,
}

/// How much one device may say.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeviceLimits {
    pub(crate) device_facts_mb_per_day: u32,
    pub(crate) device_telemetry_mb_per_day: u32,
    pub(crate) device_facts_per_s: u32,
    pub(crate) device_publications_per_s: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            facts_mb: 512,
            telemetry_mb: 128,
            keep_days: edge_kernel::FACTS_KEPT_FOR.as_secs() / DAY,
        }
    }
}

impl Default for DeviceLimits {
    fn default() -> Self {
        Self {
            device_facts_mb_per_day: 128,
            device_telemetry_mb_per_day: 64,
            device_facts_per_s: 1000,
            device_publications_per_s: 1000,
        }
    }
}

impl DeviceLimits {
    /// What the kernel keeps and takes on.
    pub(crate) fn of_kernel(&self, journal: &Budgets) -> KernelLimits {
        KernelLimits {
            facts_kept_for: Duration::from_secs(journal.keep_days * DAY),
            device_facts_per_day: u64::from(self.device_facts_mb_per_day) << 20,
            device_telemetry_per_day: u64::from(self.device_telemetry_mb_per_day) << 20,
            device_facts_per_s: self.device_facts_per_s,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (key, value) in [
            ("device_facts_mb_per_day", self.device_facts_mb_per_day),
            ("device_telemetry_mb_per_day", self.device_telemetry_mb_per_day),
            ("device_facts_per_s", self.device_facts_per_s),
            ("device_publications_per_s", self.device_publications_per_s),
        ] {
            if !(1..=10_000_000).contains(&value) {
                return Err(format!("limits.{key}: {value} is not 1 to 10000000"));
            }
        }
        Ok(())
    }
}

impl Budgets {
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, megabytes) in [("facts_mb", self.facts_mb), ("telemetry_mb", self.telemetry_mb)] {
            if !(16..=1_000_000).contains(&megabytes) {
                return Err(format!("journal.{key}: {megabytes} is not 16 to 1000000"));
            }
        }
        if !(1..=3650).contains(&self.keep_days) {
            return Err(format!("journal.keep_days: {} is not 1 to 3650", self.keep_days));
        }
        Ok(())
    }
}
