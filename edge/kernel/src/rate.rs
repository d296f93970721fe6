//! How fast the facts lane grows, for "hours left".

/// Length of a window, milliseconds.
const WINDOW_MS: u64 = 5 * 60 * 1000;

/// Bytes per time over the present window and the one before it.
#[derive(Debug)]
pub(crate) struct Rate {
    since: u64,
    bytes: u64,
    before: Option<f64>,
}

impl Rate {
    pub(crate) fn new(up_ms: u64) -> Self {
        Self {
            since: up_ms,
            bytes: 0,
            before: None,
        }
    }
    pub(crate) fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }
    pub(crate) fn turn(&mut self, up_ms: u64) {
        let length = up_ms.saturating_sub(self.since);
        if length >= WINDOW_MS {
            *self = Self {
                since: up_ms,
                bytes: 0,
                before: Some(self.bytes as f64 / length as f64),
            };
        }
    }
    /// Hours until `room` more bytes are used up; none where nothing is written.
    pub(crate) fn hours_until(&self, room: u64, up_ms: u64) -> Option<f32> {
        let length = up_ms.saturating_sub(self.since);
        let per_ms = match self.before {
            Some(before) => before,
            None if length > 0 => self.bytes as f64 / length as f64,
            None => return None,
        };
        (per_ms > 0.0).then(|| (room as f64 / per_ms / 3_600_000.0) as f32)
    }
}
