//! What the kernel keeps and takes on: the settings of the writer.

use std::time::Duration;

/// How long facts are kept that no cloud fetches, and at least those that one has not fetched yet.
pub const FACTS_KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is kept, and what devices may say.
#[derive(Debug, Clone)]
pub struct KernelLimits {
    /// How long facts are kept that no cloud fetches; those that one has not fetched yet are kept at least as long.
    pub facts_kept_for: Duration,
    /// Bytes of facts that one device may have recorded in a day: beyond what a terminal's whole log takes.
    pub device_facts_per_day: u64,
    /// Bytes of telemetry that one device may have recorded in a day.
    pub device_telemetry_per_day: u64,
    /// Facts per second of one device, back-filled ones aside; twenty seconds' worth may come at once.
    pub device_facts_per_s: u32,
}

impl Default for KernelLimits {
    fn default() -> Self {
        Self {
            facts_kept_for: FACTS_KEPT_FOR,
            device_facts_per_day: 128 << 20,
            device_telemetry_per_day: 64 << 20,
            device_facts_per_s: 1000,
        }
    }
}
