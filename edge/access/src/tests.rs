//! The rule at a door: today's list of a gate, case by case, and what holds whatever is shown.

use crate::{Access, GateLists, KeyChange, PassRequest};
use edge_app::{App, Decision, Moment, Work};
use proptest::prelude::*;
use protocol::{
    ClockState, DeviceId, Fact, Timestamp,
    access::{Credential, GateKeys, Presentation, Readiness},
    fact::{Decider, DenyReason, Direction, Door, KeyKind, Passage},
};
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};

const NOON: &str = "2026-11-20T12:00:00+05:00";

fn gate() -> DeviceId {
    "gate".parse().expect("a slug")
}

fn setup(keys: &Value) -> GateLists {
    let mut setup = GateLists::default();
    let keys = Arc::new(GateKeys::parse(&json!({"keys": keys})).expect("good keys"));
    Access::configure(&mut setup, KeyChange::Listed { device: gate(), keys });
    setup
}

fn shown(kind: KeyKind, number: u64, door: u16) -> Presentation {
    Presentation {
        door: Door(door),
        spot: Some("hall".parse().expect("a slug")),
        dir: Some(Direction::In),
        credential: Credential { kind, number },
        readiness: Readiness::Ready,
    }
}

fn moment(at: &str) -> Moment {
    Moment {
        at: Timestamp::from_rfc3339(at).expect("a time"),
        clock: ClockState::Synced,
        offset_seconds: 5 * 3600,
    }
}

fn decide(setup: &GateLists, device: DeviceId, shown: Presentation, at: &str) -> Decision<Infallible> {
    match Access::decide(&Access::default(), setup, PassRequest { device, shown }, moment(at)) {
        Ok(decision) => decision,
        Err(never) => match never {},
    }
}

/// The one passage, whether it was granted, and that a full disk refuses it.
fn passage(decision: Decision<Infallible>) -> (bool, Passage) {
    assert_eq!((decision.facts.len(), decision.work), (1, Work::New));
    let fact = decision.facts.into_iter().next().expect("one fact").fact;
    let granted = matches!(fact, Fact::AccessGranted(_));
    if let Fact::AccessGranted(passage) | Fact::AccessDenied(passage) = fact {
        (granted, passage)
    } else {
        panic!("{fact:?}")
    }
}

fn check(keys: &Value, shown: Presentation, at: &str, expected: Result<&str, (DenyReason, Option<&str>)>) {
    let (granted, passage) = passage(decide(&setup(keys), gate(), shown.clone(), at));
    let got = match passage.reason {
        None => Ok(passage.person.as_ref().map(AsRef::as_ref).expect("a person")),
        Some(reason) => Err((reason, passage.person.as_ref().map(AsRef::as_ref))),
    };
    assert_eq!((granted, got), (expected.is_ok(), expected));
    assert_eq!(passage.decided_by, Decider::Edge);
    assert_eq!(
        (
            passage.device,
            passage.door,
            passage.spot,
            passage.dir,
            passage.key_kind
        ),
        (gate(), Some(shown.door), shown.spot, shown.dir, shown.credential.kind)
    );
}

#[test]
fn a_known_card_is_let_through() {
    check(
        &json!([{"person": "17", "card": 4711}]),
        shown(KeyKind::Card, 4711, 1),
        NOON,
        Ok("17"),
    );
    check(
        &json!([{"person": "17", "card": 4711}]),
        shown(KeyKind::Card, 4711, 2),
        NOON,
        Ok("17"),
    );
}

#[test]
fn an_unknown_card_a_code_of_the_same_number_and_a_gate_without_a_list_are_not() {
    let keys = json!([{"person": "17", "card": 4711}]);
    let unknown = Err((DenyReason::UnknownKey, None));
    check(&keys, shown(KeyKind::Card, 4712, 1), NOON, unknown);
    check(&keys, shown(KeyKind::Pin, 4711, 1), NOON, unknown);
    check(&keys, shown(KeyKind::Qr, 4711, 1), NOON, unknown);
    check(&Value::Null, shown(KeyKind::Card, 4711, 1), NOON, unknown);
    let other: DeviceId = "other-gate".parse().expect("a slug");
    let (granted, passage) = passage(decide(&setup(&keys), other, shown(KeyKind::Card, 4711, 1), NOON));
    assert_eq!((granted, passage.reason), (false, Some(DenyReason::UnknownKey)));
}

#[test]
fn a_key_is_good_for_its_door_and_from_its_first_to_its_last_moment() {
    let keys = json!([{"person": "17", "card": 4711, "sides": ["b"],
        "from": "2026-11-20T12:00:00+05:00", "until": "2026-11-20T13:00:00+05:00"}]);
    let card = |door| shown(KeyKind::Card, 4711, door);
    check(&keys, card(1), NOON, Err((DenyReason::NotAllowed, Some("17"))));
    let outside = Err((DenyReason::OutsideValidity, Some("17")));
    check(&keys, card(2), "2026-11-20T11:59:59+05:00", outside);
    check(&keys, card(2), NOON, Ok("17"));
    check(&keys, card(2), "2026-11-20T12:59:59+05:00", Ok("17"));
    check(&keys, card(2), "2026-11-20T13:00:00+05:00", outside);
}

#[test]
fn nobody_is_let_through_a_door_that_is_occupied_and_it_is_said_who() {
    let keys = json!([{"person": "17", "card": 4711}]);
    let occupied = |number| Presentation {
        readiness: Readiness::Occupied,
        ..shown(KeyKind::Card, number, 1)
    };
    check(&keys, occupied(4711), NOON, Err((DenyReason::Other, Some("17"))));
    check(&keys, occupied(4712), NOON, Err((DenyReason::UnknownKey, None)));
}

#[test]
fn a_clock_that_is_not_to_be_trusted_judges_no_date() {
    let keys = json!([{"person": "17", "card": 4711},
        {"person": "18", "card": 4712, "until": "2026-11-20T13:00:00+05:00"},
        {"person": "19", "card": 4713, "from": "2026-11-20T11:00:00+05:00"}]);
    let estimated = Moment {
        clock: ClockState::Estimated,
        ..moment(NOON)
    };
    let unsynced = Some(DenyReason::ClockUnsynced);
    for (policy, expected) in [
        (json!(null), [None, unsynced, unsynced, Some(DenyReason::UnknownKey)]),
        (
            json!("undated_keys"),
            [None, unsynced, unsynced, Some(DenyReason::UnknownKey)],
        ),
        (
            json!("nobody"),
            [unsynced, unsynced, unsynced, Some(DenyReason::UnknownKey)],
        ),
    ] {
        let mut setup = GateLists::default();
        let keys = GateKeys::parse(&json!({"keys": keys, "unsynced_clock": policy})).expect("good keys");
        let keys = Arc::new(keys);
        Access::configure(&mut setup, KeyChange::Listed { device: gate(), keys });
        let found = [4711, 4712, 4713, 4714].map(|card| {
            let request = PassRequest {
                device: gate(),
                shown: shown(KeyKind::Card, card, 1),
            };
            let decision = match Access::decide(&Access::default(), &setup, request, estimated) {
                Ok(decision) => decision,
                Err(never) => match never {},
            };
            passage(decision).1.reason
        });
        assert_eq!(found, expected, "{policy}");
    }
    GateKeys::parse(&json!({"unsynced_clock": "everybody"})).expect_err("no such policy");
}

#[test]
fn a_list_is_replaced_whole_and_goes_with_its_device() {
    let mut setup = setup(&json!([{"person": "17", "card": 4711}]));
    let keys = Arc::new(GateKeys::parse(&json!({"keys": [{"person": "18", "card": 4712}]})).expect("good keys"));
    let device = gate();
    Access::configure(
        &mut setup,
        KeyChange::Listed {
            device: device.clone(),
            keys,
        },
    );
    assert!(!passage(decide(&setup, gate(), shown(KeyKind::Card, 4711, 1), NOON)).0);
    assert!(passage(decide(&setup, gate(), shown(KeyKind::Card, 4712, 1), NOON)).0);
    Access::configure(&mut setup, KeyChange::Removed { device });
    assert_eq!(setup, GateLists::default());
}

#[test]
fn nothing_shows_a_card_or_a_person() {
    let setup = setup(&json!([{"person": "anna-17", "card": 4711}]));
    let shown = shown(KeyKind::Card, 4711, 1);
    for text in [format!("{setup:?}"), format!("{shown:?}")] {
        assert!(!text.contains("4711") && !text.contains("anna"), "{text}");
    }
}

fn kinds() -> impl Strategy<Value = KeyKind> {
    prop_oneof![
        Just(KeyKind::Card),
        Just(KeyKind::Qr),
        Just(KeyKind::Pin),
        Just(KeyKind::Face)
    ]
}

proptest! {
    /// Whatever is shown: one fact, granted exactly where a key of the list is good for this door, now, and the door free.
    #[test]
    fn exactly_those_who_may_are_let_through(
        cards in prop::collection::btree_map(1..20_u64, (0..3_u8, 0..100_i64, 0..100_i64), 0..10),
        kind in kinds(),
        number in 1..20_u64,
        door in 1..3_u16,
        at in 0..100_i64,
        occupied in any::<bool>(),
    ) {
        let time = |seconds: i64| Timestamp::from_millis(seconds * 1000).to_string();
        let entry = |(card, (sides, from, until)): (&u64, &(u8, i64, i64))| {
            let sides = match sides { 0 => json!(["a"]), 1 => json!(["b"]), _ => json!(["a", "b"]) };
            json!({"person": format!("p{card}"), "card": card, "sides": sides, "from": time(*from), "until": time(*until)})
        };
        let setup = setup(&cards.iter().map(entry).collect::<Value>());
        let readiness = if occupied { Readiness::Occupied } else { Readiness::Ready };
        let shown = Presentation { readiness, ..shown(kind, number, door) };
        let (granted, passage) = passage(decide(&setup, gate(), shown, &time(at)));
        let may = kind == KeyKind::Card && !occupied && cards.get(&number).is_some_and(|(sides, from, until)| {
            let here = match sides { 0 => door == 1, 1 => door == 2, _ => true };
            here && (*from..*until).contains(&at)
        });
        prop_assert_eq!(granted, may);
        prop_assert_eq!(granted, passage.reason.is_none());
        let known = kind == KeyKind::Card && cards.contains_key(&number);
        prop_assert_eq!(passage.person, known.then(|| format!("p{number}").into()));
    }
}
