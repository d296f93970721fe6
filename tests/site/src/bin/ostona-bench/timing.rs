//! How long things took, one after the other: rows of percentiles. Nothing is left out, the slowest neither.

use crate::{
    figures::{Samples, told},
    section::row,
};
use std::time::Duration;

/// What stands above the rows.
pub(crate) const HEAD: [&str; 6] = ["what", "how often", "p50", "p99", "longest", "aim (p99)"];

/// One row of samples in milliseconds.
pub(crate) fn line(what: &str, samples: &Samples, aim: &str) -> Vec<String> {
    row![
        what,
        samples.len(),
        told(samples.median()),
        told(samples.percentile(99.0)),
        told(samples.largest()),
        aim
    ]
}

/// Milliseconds.
pub(crate) fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}
