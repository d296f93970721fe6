//! Waits as they grow.

use crate::{Backoff, Jitter};
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn waits_double_up_to_the_ceiling_and_start_anew() {
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    let waits: Vec<_> = (0..8).map(|_| backoff.after_failure(u32::MAX).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(
        backoff.after_failure(0),
        Duration::from_secs(30),
        "jitter takes away half at most"
    );
    backoff.reset();
    assert_eq!(backoff.after_failure(0), Duration::from_millis(500));
}

#[test]
fn backoff_doubles_up_to_its_ceiling_and_starts_over() {
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    let mut jitter = Jitter::new(42);
    for failures in 0..40u32 {
        let full = Duration::from_secs(1 << failures.min(6)).min(Duration::from_secs(60));
        let wait = backoff.after_failure(jitter.bits());
        assert!(wait >= full / 2 && wait <= full, "{failures}: {wait:?}");
    }
    backoff.reset();
    assert!(backoff.after_failure(jitter.bits()) <= Duration::from_secs(1));
}

#[test]
fn devices_that_fail_together_are_spread() {
    let wait = |seed| {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let mut jitter = Jitter::new(seed);
        [0; 4].map(|_| backoff.after_failure(jitter.bits()))
    };
    assert_eq!(wait(42), wait(42), "the same seed gives the same waits");
    assert_ne!(wait(42), wait(7));
}

proptest! {
    #[test]
    fn waits_stay_between_half_a_step_and_the_ceiling(failures in 0usize..200, random: u32) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..failures {
            let wait = backoff.after_failure(random);
            prop_assert!(wait >= Duration::from_millis(500) && wait <= Duration::from_secs(60));
        }
    }
}
