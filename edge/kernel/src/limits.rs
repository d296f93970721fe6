//! What the kernel keeps and takes on: the settings of the writer.

use crate::FACTS_KEPT_FOR;
use std::time::Duration;

/// What is kept, and what devices may say.
#[derive(Debug, Clone)]
pub struct KernelLimits {
    /// How long facts are kept that no cloud fetches; those that one has not fetched yet are kept at least as long.
    pub facts_kept_for: Duration,
}

impl Default for KernelLimits {
    fn default() -> Self {
        Self {
            facts_kept_for: FACTS_KEPT_FOR,
        }
    }
}
