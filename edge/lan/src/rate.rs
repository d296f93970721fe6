//! How often somebody may ask: a bucket of tokens each, filled as time goes by.
//!
//! A full table never refuses a newcomer: it forgets whoever has not asked for longest, so nobody locks others out by
//! coming from many addresses.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Askers remembered at once.
const REMEMBERED: usize = 1024;

/// What a bucket holds, and how it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateAllowance {
    /// Tokens of a full bucket: what may be asked at once.
    pub burst: u32,
    /// How long one token takes to come back.
    pub refill: Duration,
}

/// The buckets of everybody who asked of late.
pub struct RateLimiter<K> {
    allowance: RateAllowance,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Tokens that were there at `asked`.
    tokens: u32,
    /// When what is in it was counted last; what is left of a token's time is kept in it.
    filled: Instant,
    asked: Instant,
}

/// The bucket is empty: when a token is there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateExceeded {
    /// How long to wait.
    pub wait: Duration,
}

impl<K: Eq + Hash + Clone> RateLimiter<K> {
    /// Nobody has asked yet.
    pub fn new(allowance: RateAllowance) -> Self {
        Self {
            allowance,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token of `who`, or says when one is there.
    pub fn take(&self, who: &K, now: Instant) -> Result<(), RateExceeded> {
        let RateAllowance { burst, refill } = self.allowance;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(who) {
            make_room(&mut buckets);
        }
        let bucket = buckets.entry(who.clone()).or_insert(Bucket {
            tokens: burst,
            filled: now,
            asked: now,
        });
        let since = now.duration_since(bucket.filled);
        let come = u32::try_from(since.as_nanos() / refill.as_nanos().max(1)).unwrap_or(u32::MAX);
        bucket.asked = now;
        if bucket.tokens.saturating_add(come) >= burst {
            (bucket.tokens, bucket.filled) = (burst, now);
        } else {
            bucket.tokens += come;
            bucket.filled += refill * come;
        }
        match bucket.tokens.checked_sub(1) {
            Some(left) => {
                bucket.tokens = left;
                Ok(())
            }
            None => Err(RateExceeded {
                wait: refill.saturating_sub(now.duration_since(bucket.filled)),
            }),
        }
    }
}

/// Forgets the eighth that has not asked for longest: not one at a time, which would be a search for each newcomer.
fn make_room<K: Eq + Hash + Clone>(buckets: &mut HashMap<K, Bucket>) {
    let mut asked: Vec<Instant> = buckets.values().map(|bucket| bucket.asked).collect();
    let (_, oldest, _) = asked.select_nth_unstable(REMEMBERED / 8);
    let oldest = *oldest;
    buckets.retain(|_, bucket| bucket.asked > oldest);
}

impl<K> fmt::Debug for RateLimiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("allowance", &self.allowance)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: RateAllowance = RateAllowance {
        burst: 3,
        refill: Duration::from_secs(10),
    };

    #[test]
    fn a_bucket_is_used_up_and_fills_again() {
        let (rates, start) = (RateLimiter::new(ALLOWANCE), Instant::now());
        let taken = (0..5).filter(|_| rates.take(&1, start).is_ok()).count();
        assert_eq!(taken, 3);
        let wait = rates.take(&1, start + Duration::from_secs(4)).expect_err("empty").wait;
        assert_eq!(wait, Duration::from_secs(6));
        assert_eq!(rates.take(&1, start + Duration::from_secs(10)), Ok(()));
        assert!(rates.take(&1, start + Duration::from_secs(19)).is_err());
        assert_eq!(rates.take(&1, start + Duration::from_secs(20)), Ok(()));
        assert_eq!(rates.take(&2, start), Ok(()), "others have their own");
        let taken = (0..5)
            .filter(|_| rates.take(&1, start + Duration::from_secs(3600)).is_ok())
            .count();
        assert_eq!(taken, 3, "no more than a full bucket");
    }

    #[test]
    fn many_addresses_take_little_memory_and_keep_no_newcomer_out() {
        let (rates, start) = (RateLimiter::new(ALLOWANCE), Instant::now());
        let mut now = start;
        for who in 0..100_000_u32 {
            now += Duration::from_micros(10);
            assert_eq!(rates.take(&who, now), Ok(()));
        }
        assert!(rates.buckets.lock().expect("sound").len() <= REMEMBERED);
    }
}
