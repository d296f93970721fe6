//! Whether NTP keeps the machine's clock: by the file that systemd-timesyncd touches at each synchronisation (systemd-timesyncd.service(8), FILES).
//!
//! The file stays until the next boot, so that it is there says little. Never true of it: a clock that somebody set after the last
//! synchronisation, or that ran on its own for [`GOOD_FOR`], is taken for NTP's. What was done to the clock while the agent did
//! not run is not seen but where it went back behind the file: then the file counts by its age.

use std::{path::PathBuf, time::Duration};

/// How long a clock runs on its own before it counts as unknown. Crystals of such boards are off by 50 millionths at most, which
/// makes two minutes in this time: a branch without internet must not lose its clock over a weekend.
pub(super) const GOOD_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How far the wall clock may move against the monotonic one between two looks, milliseconds: NTP itself slews half a millisecond a second.
const SLEWED_MS: i64 = 1000;

/// The file, and what was seen of it.
#[derive(Debug)]
pub(super) struct NtpMark {
    path: PathBuf,
    /// The newest synchronisation that still counts.
    sync: Option<Synchronisation>,
    /// The file's time when it was last looked at, also where it does not count.
    touched_ms: Option<i64>,
    /// Wall clock less monotonic clock at the last look, milliseconds.
    ahead_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Synchronisation {
    /// When it was, by the monotonic clock; before this run where negative, milliseconds.
    at_ms: i64,
}

/// Both clocks of the machine at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct MachineClocks {
    /// Wall clock, milliseconds since 1970.
    pub(super) wall_ms: i64,
    /// Milliseconds since this run started.
    pub(super) run_ms: i64,
}

impl NtpMark {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            sync: None,
            touched_ms: None,
            ahead_ms: None,
        }
    }

    /// Looks at the file. True where NTP keeps the clock.
    pub(super) fn look(&mut self, now: MachineClocks) -> bool {
        let touched_ms = self.touched_ms();
        self.judge(touched_ms, now)
    }

    fn touched_ms(&self) -> Option<i64> {
        let modified = std::fs::metadata(&self.path).and_then(|found| found.modified()).ok()?;
        let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    fn judge(&mut self, touched_ms: Option<i64>, now: MachineClocks) -> bool {
        let ahead_ms = now.wall_ms.saturating_sub(now.run_ms);
        let was_set = self
            .ahead_ms
            .replace(ahead_ms)
            .is_some_and(|before| ahead_ms.saturating_sub(before).saturating_abs() > SLEWED_MS);
        let is_new = touched_ms != self.touched_ms;
        self.touched_ms = touched_ms;
        if is_new {
            self.sync = touched_ms.and_then(|touched_ms| {
                // A file of the future: the clock was set back after NTP had set it.
                let age_ms = now.wall_ms.saturating_sub(touched_ms);
                (age_ms >= -SLEWED_MS).then(|| Synchronisation {
                    at_ms: now.run_ms.saturating_sub(age_ms.max(0)),
                })
            });
        } else if was_set {
            self.sync = None;
        }
        let good_for = i64::try_from(GOOD_FOR.as_millis()).unwrap_or(i64::MAX);
        self.sync
            .is_some_and(|sync| now.run_ms.saturating_sub(sync.at_ms) < good_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_165_200_000;
    const MONTH: i64 = 30 * 24 * 3_600_000;

    fn mark() -> NtpMark {
        NtpMark::new(PathBuf::from("/nowhere"))
    }

    /// Both clocks `run_ms` after the start, the wall clock off by `set_ms`.
    fn clocks(run_ms: i64, set_ms: i64) -> MachineClocks {
        MachineClocks {
            wall_ms: NOON + run_ms + set_ms,
            run_ms,
        }
    }

    #[test]
    fn it_counts_while_the_clock_runs_on_and_no_longer_than_a_month() {
        let mut mark = mark();
        assert!(!mark.judge(None, clocks(0, 0)));
        assert!(mark.judge(Some(NOON + 1000), clocks(1000, 0)));
        for day in 1..30 {
            let run_ms = day * MONTH / 30;
            assert!(mark.judge(Some(NOON + 1000), clocks(run_ms, day * 2)), "{day}");
        }
        assert!(!mark.judge(Some(NOON + 1000), clocks(MONTH + 1000, 60)));
        assert!(
            mark.judge(Some(NOON + MONTH + 2000), clocks(MONTH + 2000, 60)),
            "touched again"
        );
    }

    #[test]
    fn a_clock_that_somebody_sets_counts_no_more_until_ntp_has_set_it_again() {
        for by_ms in [3_600_000, -3_600_000] {
            let mut mark = mark();
            assert!(mark.judge(Some(NOON), clocks(0, 0)));
            assert!(!mark.judge(Some(NOON), clocks(250, by_ms)));
            assert!(!mark.judge(Some(NOON), clocks(500, by_ms)), "and so it stays");
            assert!(
                !mark.judge(Some(NOON), clocks(750, 0)),
                "also where it is set back by hand"
            );
            assert!(mark.judge(Some(NOON + 1000), clocks(1000, 0)));
        }
    }

    #[test]
    fn a_step_that_ntp_itself_makes_counts_at_once() {
        let mut mark = mark();
        assert!(!mark.judge(None, clocks(0, -MONTH)));
        assert!(mark.judge(Some(NOON + 250), clocks(250, 0)));
    }

    #[test]
    fn at_a_start_the_file_counts_by_its_age_and_not_where_it_is_of_the_future() {
        assert!(mark().judge(Some(NOON - MONTH + 1000), clocks(0, 0)));
        assert!(!mark().judge(Some(NOON - MONTH), clocks(0, 0)));
        assert!(!mark().judge(Some(NOON + 60_000), clocks(0, 0)));
    }
}
