//! The one place where xtask reads a clock: to say how long a step took.

use std::fmt;
use std::time::{Duration, Instant};

/// Something that began.
#[derive(Debug)]
pub(crate) struct Since(Instant);

impl Since {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "the one place of this binary")]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }
    /// How long ago it began.
    pub(crate) fn took(&self) -> Took {
        Took(self.0.elapsed())
    }
}

/// A stretch of time as people read it: `0.4 s`, `12 s`, `3 min 05 s`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took(pub(crate) Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..10 => write!(f, "{:.1} s", self.0.as_secs_f32()),
            10..60 => write!(f, "{seconds} s"),
            _ => write!(f, "{} min {:02} s", seconds / 60, seconds % 60),
        }
    }
}
