//! The branch of the scripts: its services, windows and people, the bookings of a morning, and ids by short names.

use protocol::{
    PersonId, Timestamp,
    id::{BookingId, TicketId},
    queue::{Booking, Bookings, Branch},
};
use serde_json::json;
use std::str::FromStr;

/// Monday, 2026-11-23, 10:00 in Tashkent.
pub(super) const MORNING: i64 = 1_795_410_000_000;

/// Cash (K, online O), loans (L, a code must be given) and cards (K); three windows, three operators.
pub(super) fn branch(rules: &serde_json::Value) -> Branch {
    let hours = json!({"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "tue": [["09:00", "18:00"]]});
    let operator =
        |name: &str, profile: &str| json!({"id": person(name), "name": name, "profile": profile, "pin": "-"});
    let draft = json!({
        "name": {"en": "Chilonzor"},
        "hours": hours,
        "holidays": ["2026-12-08"],
        "services": [
            {"id": "cash", "prefix": "K", "online_prefix": "O", "name": {"en": "Cash"}, "minutes": 5, "target_wait": 15,
             "hours": {}},
            {"id": "loans", "prefix": "L", "name": {"en": "Loans"}, "minutes": 20, "target_wait": 30, "hours": {},
             "outcomes": [{"code": "signed", "name": {"en": "Signed"}}], "outcome": "required"},
            {"id": "cards", "prefix": "K", "name": {"en": "Cards"}, "minutes": 5, "target_wait": 15},
        ],
        "profiles": [
            {"id": "teller", "name": {"en": "Teller"}, "serves": [
                {"service": "cash", "weight": 2}, {"service": "cards", "weight": 1}]},
            {"id": "banker", "name": {"en": "Banker"}, "serves": [
                {"service": "loans"}, {"service": "cash", "priority": 1}]},
        ],
        "windows": [{"id": "w1", "number": 1}, {"id": "w2", "number": 2}, {"id": "w3", "number": 13}],
        "operators": [operator("ali", "teller"), operator("bek", "teller"), operator("zarina", "banker")],
        "rules": rules,
    });
    serde_json::from_value(draft).expect("a branch")
}

/// `b1` at 10:30 and `b2` at 10:40 today for cash, `b3` at 10:30 tomorrow for cash, `b4` at 10:30 today for loans.
pub(super) fn bookings() -> Bookings {
    let booking = |number: u8, service: &str, minutes: i64| Booking {
        id: BookingId::new(Timestamp::default(), [number; 10]),
        service: id(service),
        at: Timestamp::from_millis(MORNING + minutes * 60_000),
        code_hash: format!("b{number}").into(),
    };
    Bookings {
        bookings: vec![
            booking(1, "cash", 30),
            booking(2, "cash", 40),
            booking(3, "cash", 24 * 60 + 30),
            booking(4, "loans", 30),
        ],
    }
}

pub(super) fn id<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("an id")
}

pub(super) fn person(name: &str) -> PersonId {
    PersonId::new(Timestamp::default(), bytes(name))
}

/// `t1`, `t2`… in order of their numbers.
pub(super) fn ticket(name: &str) -> TicketId {
    let number: u32 = name[1..].parse().expect("a ticket's name");
    let mut entropy = [0; 10];
    entropy[6..].copy_from_slice(&number.to_be_bytes());
    TicketId::new(Timestamp::default(), entropy)
}

fn bytes(name: &str) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes
        .iter_mut()
        .zip(name.bytes())
        .for_each(|(byte, letter)| *byte = letter);
    bytes
}
