//! How wrong passwords and PINs are slowed down: a few tries are free, then each wrong one makes the next wait longer.
//!
//! A try counts when it begins and is taken back where it was right: many at once are many tries, and no late verdict
//! undoes a lock. A full table forgets whoever tried longest ago and keeps no newcomer out.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Whoever tried, remembered at once.
const REMEMBERED: usize = 1024;
/// After so long without a try everything is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// How tries are slowed down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Wrong tries that cost nothing.
    pub free: u32,
    /// The first wait, doubled with each wrong try.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl ThrottlePolicy {
    /// How long to wait after so many wrong tries.
    fn wait(self, wrong: u32) -> Duration {
        match wrong.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(over) => self.first.saturating_mul(1 << over.min(16)).min(self.longest),
        }
    }
}

/// Whoever tried a password or a PIN of late, and when they may try again.
pub struct SignInThrottle<K> {
    policy: ThrottlePolicy,
    tries: Mutex<HashMap<K, SignInTries>>,
}

#[derive(Debug, Clone, Copy)]
struct SignInTries {
    wrong: u32,
    last: Instant,
}

/// Another try must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInWait {
    /// How long.
    pub wait: Duration,
}

impl<K: Eq + Hash + Clone> SignInThrottle<K> {
    /// Nobody has tried yet.
    pub fn new(policy: ThrottlePolicy) -> Self {
        Self {
            policy,
            tries: Mutex::default(),
        }
    }

    /// Begins a try, which counts as a wrong one until [`SignInThrottle::was_right`]: how many there are now.
    pub fn begin(&self, who: &K, now: Instant) -> Result<u32, SignInWait> {
        let mut tries = self.lock();
        if tries.len() >= REMEMBERED && !tries.contains_key(who) {
            forget_the_oldest(&mut tries);
        }
        let kept = tries.entry(who.clone()).or_insert(SignInTries { wrong: 0, last: now });
        let since = now.duration_since(kept.last);
        if since >= FORGOTTEN {
            kept.wrong = 0;
        }
        let wait = self.policy.wait(kept.wrong);
        if since < wait {
            return Err(SignInWait { wait: wait - since });
        }
        (kept.wrong, kept.last) = (kept.wrong.saturating_add(1), now);
        Ok(kept.wrong)
    }

    /// It was the right one: what was wrong before is forgotten.
    pub fn was_right(&self, who: &K) {
        self.lock().remove(who);
    }

    /// Nobody can say whether it was right: it was no try.
    pub fn was_not_judged(&self, who: &K) {
        if let Some(tries) = self.lock().get_mut(who) {
            tries.wrong = tries.wrong.saturating_sub(1);
        }
    }

    /// After a restart: so many were wrong before it, and the wait for them begins anew.
    pub fn restore(&self, who: K, wrong: u32, now: Instant) {
        let mut tries = self.lock();
        if tries.len() < REMEMBERED {
            tries.entry(who).or_insert(SignInTries { wrong, last: now });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, SignInTries>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_the_oldest<K: Eq + Hash + Clone>(tries: &mut HashMap<K, SignInTries>) {
    let oldest = tries.iter().min_by_key(|(_, tries)| tries.last);
    if let Some(who) = oldest.map(|(who, _)| who.clone()) {
        tries.remove(&who);
    }
}

impl<K> fmt::Debug for SignInThrottle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInThrottle")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ThrottlePolicy = ThrottlePolicy {
        free: 3,
        first: Duration::from_secs(60),
        longest: Duration::from_secs(600),
    };

    #[test]
    fn each_wrong_try_makes_the_next_wait_longer() {
        let (throttle, mut now) = (SignInThrottle::new(POLICY), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..8 {
            while let Err(SignInWait { wait }) = throttle.begin(&1, now) {
                waits.push(wait.as_secs());
                now += wait;
            }
        }
        assert_eq!(waits, [60, 120, 240, 480, 600]);
        assert!(throttle.begin(&1, now).is_err());
        assert_eq!(throttle.begin(&2, now), Ok(1), "others have their own");
        assert_eq!(throttle.begin(&1, now + FORGOTTEN), Ok(1));
    }

    #[test]
    fn many_tries_at_once_are_many_and_a_late_verdict_undoes_no_lock() {
        let (throttle, now) = (SignInThrottle::new(POLICY), Instant::now());
        let begun = (0..100).filter(|_| throttle.begin(&1, now).is_ok()).count();
        assert_eq!(begun, 3);
        throttle.was_not_judged(&1);
        assert_eq!(throttle.begin(&1, now), Ok(3));
        assert!(throttle.begin(&1, now).is_err());
        throttle.was_right(&1);
        assert_eq!(throttle.begin(&1, now), Ok(1));
    }

    #[test]
    fn a_full_table_keeps_nobody_out() {
        let (throttle, start) = (SignInThrottle::new(POLICY), Instant::now());
        for who in 0..5000_u32 {
            assert_eq!(throttle.begin(&who, start + Duration::from_millis(who.into())), Ok(1));
        }
        assert!(throttle.lock().len() <= REMEMBERED);
    }

    #[test]
    fn a_restart_forgets_nothing() {
        let (throttle, now) = (SignInThrottle::new(POLICY), Instant::now());
        throttle.restore(1, 5, now);
        assert_eq!(
            throttle.begin(&1, now),
            Err(SignInWait {
                wait: Duration::from_secs(240)
            })
        );
    }
}
