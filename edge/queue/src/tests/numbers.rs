//! No number twice in a day, over any history of clocks.

use crate::{Moment, numbers::Numbers};
use proptest::prelude::*;
use protocol::{
    ClockState, Timestamp,
    queue::{Day, Prefix, TicketNumber},
};
use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;

fn moment(day: i64, clock: ClockState) -> Moment {
    Moment {
        at: Timestamp::from_millis(day * DAY_MS + 1000),
        clock,
        offset_seconds: 0,
    }
}

fn give(numbers: &mut Numbers, now: Moment, prefix: &str) -> (Day, TicketNumber) {
    let (day, number) = numbers.next(now, prefix.parse::<Prefix>().expect("a prefix"));
    numbers.given(day, number, now.clock);
    (day, number)
}

proptest! {
    #[test]
    fn none_is_given_twice_in_a_day(
        steps in prop::collection::vec((prop_oneof![0..5i64, 0..90i64, 20_000..20_060i64], any::<bool>(), 0..3usize), 1..400)
    ) {
        let mut numbers = Numbers::default();
        let mut given = BTreeSet::new();
        for (day, sure, prefix) in steps {
            let clock = if sure { ClockState::Synced } else { ClockState::Estimated };
            let (day, number) = give(&mut numbers, moment(day, clock), ["K", "L", "OO"][prefix]);
            prop_assert!(given.insert((day, number)), "{} of {} twice", number, day);
        }
    }

    /// However wrong an unsure clock is, what it gives out is never given again on the first day that is sure.
    #[test]
    fn none_is_given_again_once_the_clock_is_sure(
        unsure in prop::collection::vec(0..20_000i64, 1..40), sure in 20_000..20_003i64
    ) {
        let mut numbers = Numbers::default();
        give(&mut numbers, moment(20_000, ClockState::Synced), "K");
        let mut given = BTreeSet::new();
        for day in unsure {
            given.insert(give(&mut numbers, moment(day, ClockState::Estimated), "K").1.count);
        }
        for _ in 0..50 {
            let (_, number) = give(&mut numbers, moment(sure, ClockState::Synced), "K");
            prop_assert!(given.insert(number.count), "{} was given while the clock was unsure", number);
        }
    }
}

#[test]
fn a_thousand_days_later_the_first_is_still_remembered_as_full() {
    let mut numbers = Numbers::default();
    for _ in 0..7 {
        give(&mut numbers, moment(20_000, ClockState::Synced), "K");
    }
    for day in 20_001..21_000 {
        let (_, number) = give(&mut numbers, moment(day, ClockState::Synced), "K");
        assert_eq!(number.count, 1);
    }
    let (_, number) = give(&mut numbers, moment(20_000, ClockState::Synced), "K");
    assert_eq!(number.count, 8);
    let kept = serde_json::to_string(&numbers).expect("numbers are JSON");
    assert!(kept.len() < 2000, "{} bytes", kept.len());
}
