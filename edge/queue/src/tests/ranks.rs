//! Places in a line: behind somebody is behind them, and two never have the same.

use super::sample_branch::ticket;
use crate::rank::Rank;
use proptest::prelude::*;
use protocol::{Timestamp, id::TicketId};
use std::collections::BTreeMap;

/// Ten who came one after another, two with an agreed time and one sent to the front.
fn line() -> BTreeMap<Rank, TicketId> {
    let plain = (1..=10).map(|seq| Rank::plain(seq, seq));
    let booked = [11, 12].map(|seq| Rank::booked(Timestamp::from_millis(1_800_000_000_000), seq));
    let ranks = plain.chain(booked).chain([Rank::front(13, 13)]);
    ranks
        .zip(1..)
        .map(|(rank, number)| (rank, ticket(&format!("t{number}"))))
        .collect()
}

proptest! {
    #[test]
    fn behind_somebody_is_right_behind_them(places in prop::collection::vec(any::<prop::sample::Index>(), 1..15)) {
        let mut line = line();
        for (place, number) in places.iter().zip(100..) {
            let mut expected: Vec<TicketId> = line.values().copied().collect();
            let at = place.index(line.len());
            let ahead = *line.keys().nth(at).expect("a place");
            let late = ticket(&format!("t{number}"));
            prop_assert!(line.insert(Rank::behind(&line, ahead, number), late).is_none());
            expected.insert(at + 1, late);
            prop_assert_eq!(line.values().copied().collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn where_there_is_no_room_left_it_is_behind_more() {
    let mut line = line();
    let (ahead, next) = (Rank::plain(3, 3), Rank::plain(4, 4));
    for number in 100..200 {
        let place = Rank::behind(&line, ahead, number);
        assert!(place > ahead);
        assert!(line.insert(place, ticket(&format!("t{number}"))).is_none());
    }
    assert!(line.range(ahead..next).count() > 16);
    assert_eq!(line.last_key_value().map(|(last, _)| *last), Some(Rank::plain(10, 10)));
}
