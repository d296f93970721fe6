//! What came of what was read: counted, with repetition told from a second scan and a bad setting from a bad read.

use crate::wire::code::Garbage;
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// Reads in a row that are no code, after which it is the setting and not the read.
const GARBLED: u32 = 5;

/// The counts of one run.
#[derive(Debug)]
pub(super) struct ScanCounts {
    repeat: Duration,
    /// The last code's hash, and when it was read last.
    last: Option<(String, Instant)>,
    scanned: u64,
    repeated: u64,
    garbage: u64,
    lost: u64,
    in_a_row: u32,
}

impl ScanCounts {
    /// Nothing was read yet; the same code within `repeat` is the same scan.
    pub(super) fn new(repeat: Duration) -> Self {
        Self {
            repeat,
            last: None,
            scanned: 0,
            repeated: 0,
            garbage: 0,
            lost: 0,
            in_a_row: 0,
        }
    }
    /// Whether this code is the one before again, held before the scanner or shown once more.
    pub(super) fn is_repeated(&mut self, sha256: &str, now: Instant) -> bool {
        self.in_a_row = 0;
        let last = self.last.replace((sha256.to_owned(), now));
        let again = last.is_some_and(|(code, at)| code == sha256 && now.duration_since(at) < self.repeat);
        self.repeated += u64::from(again);
        again
    }
    /// A code goes to the disk.
    pub(super) fn scanned(&mut self) {
        self.scanned += 1;
    }
    /// A code was thrown away, for too many wait for the disk.
    pub(super) fn lost(&mut self) {
        tracing::debug!("a code was thrown away: too many wait for the disk");
        self.lost += 1;
        // Shown again, it is a scan: this time it was none.
        self.last = None;
    }
    /// Something was read that is no code.
    pub(super) fn garbage(&mut self, why: Garbage) {
        tracing::debug!(?why, "what was read is no code");
        self.garbage += 1;
        self.in_a_row = self.in_a_row.saturating_add(1);
    }
    /// What is wrong with the scanner, as a short stable word.
    pub(super) fn fault(&self) -> Option<&'static str> {
        (self.in_a_row >= GARBLED).then_some("garbled")
    }
}

/// For whoever tests the scanner.
impl fmt::Display for ScanCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScanCounts {
            scanned,
            repeated,
            garbage,
            lost,
            ..
        } = self;
        write!(
            f,
            "{scanned} codes, {repeated} repeated, {garbage} garbled, {lost} lost"
        )
    }
}
