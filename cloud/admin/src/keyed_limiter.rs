//! A rate limit for each of many keys, and when a table of them is gone through for those that have been quiet.
//!
//! However many strangers come, and however few of them may be forgotten, a request costs the same: a table is gone through
//! only once it has grown to twice what was left of it.

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock as _, clock::DefaultClock};
use std::{
    fmt,
    hash::Hash,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Keys that are remembered before anybody is forgotten.
const REMEMBERED: usize = 10_000;

/// When a table that grows is to be gone through again.
#[derive(Debug)]
pub struct SweepSchedule {
    smallest: usize,
    due_at: AtomicUsize,
}

impl SweepSchedule {
    /// Not before there are so many.
    pub const fn new(smallest: usize) -> Self {
        Self {
            smallest,
            due_at: AtomicUsize::new(smallest),
        }
    }

    /// Whether a table of this length is to be gone through now. Of many who ask at once, one is told so.
    pub fn is_due(&self, len: usize) -> bool {
        let due_at = self.due_at.load(Ordering::Relaxed);
        let claimed = due_at.max(len).saturating_mul(2);
        len >= due_at
            && self
                .due_at
                .compare_exchange(due_at, claimed, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// So many are left of it.
    pub fn swept(&self, left: usize) {
        let due_at = left.saturating_mul(2).max(self.smallest);
        self.due_at.store(due_at, Ordering::Relaxed);
    }
}

/// Counts requests per key.
pub struct KeyedRateLimiter<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    sweeps: SweepSchedule,
}

impl<K: Hash + Eq + Clone> KeyedRateLimiter<K> {
    /// Nobody has asked yet.
    pub fn new(quota: Quota) -> Self {
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(quota),
            sweeps: SweepSchedule::new(REMEMBERED),
        }
    }

    /// Counts one, or says how long to wait.
    pub fn check(&self, key: &K) -> Result<(), Duration> {
        if self.sweeps.is_due(self.limiter.len()) {
            self.limiter.retain_recent();
            self.sweeps.swept(self.limiter.len());
        }
        let checked = self.limiter.check_key(key);
        checked.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

impl<K: Hash + Eq + Clone> fmt::Debug for KeyedRateLimiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedRateLimiter")
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyedRateLimiter, REMEMBERED, SweepSchedule};
    use governor::Quota;
    use std::{num::NonZeroU32, time::Duration};

    #[test]
    fn a_table_of_which_nobody_may_be_forgotten_is_seldom_gone_through() {
        let sweeps = SweepSchedule::new(1_000);
        let mut looked_at = 0_usize;
        for len in 0..1_000_000 {
            if sweeps.is_due(len) {
                looked_at += len;
                sweeps.swept(len);
            }
        }
        assert!(
            looked_at < 2_000_000,
            "{looked_at} rows were looked at for a million requests"
        );
    }

    #[test]
    fn whoever_has_been_quiet_is_forgotten() {
        // A token comes back within a microsecond: everybody is quiet by the time the table is full.
        let quota = Quota::per_second(NonZeroU32::new(1_000_000).expect("a count"));
        let limiter = KeyedRateLimiter::new(quota);
        for key in 0..3 * REMEMBERED {
            assert_eq!(limiter.check(&key), Ok(()));
        }
        assert!(limiter.limiter.len() <= 2 * REMEMBERED);
    }

    #[test]
    fn whoever_asks_too_often_is_told_how_long_to_wait() {
        let limiter = KeyedRateLimiter::new(Quota::per_minute(NonZeroU32::MIN));
        assert_eq!(limiter.check(&1), Ok(()));
        let wait = limiter.check(&1).expect_err("refused");
        assert!(
            wait > Duration::from_secs(50) && wait <= Duration::from_secs(60),
            "{wait:?}"
        );
        assert_eq!(limiter.check(&2), Ok(()));
    }
}
