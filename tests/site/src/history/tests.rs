//! A check that cannot fail proves nothing: each kind of loss, doubling and disorder is seen.

use super::{History, Stored, stored};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests_world::mqtt::DeliveryLog;

fn event(id: u64, seq: u64, number: u64) -> Stored {
    let event = json!({"id": uuid::Uuid::from_u128(u128::from(id)), "name": "device.custom", "v": 1,
        "data": {"device": "button-1", "kind": "load", "body": {"n": number}}, "at": 1, "clock": "synced",
        "boot": 1, "up_ms": 1, "actor": {"kind": "device", "id": "button-1"}});
    stored(&json!({"id": id, "epoch": 1, "lane": "facts", "seq": seq, "event": event})).unwrap()
}

fn history(events: &[(u64, u64, u64)], gaps: Vec<Value>) -> History {
    let events = events.iter().map(|(id, seq, number)| event(*id, *seq, *number));
    History {
        events: events.collect(),
        gaps,
    }
}

fn delivery_log(acknowledged: &[u64], doubtful: &[u64]) -> DeliveryLog {
    DeliveryLog {
        device: "button-1".parse().unwrap(),
        acknowledged: acknowledged.iter().copied().collect(),
        doubtful: doubtful.iter().copied().collect::<BTreeSet<_>>(),
        reconnects: 0,
        duplicates: 0,
        refusals: BTreeMap::new(),
    }
}

/// What the check of deliveries says of numbers that were stored in this order.
fn says(numbers: &[u64], acknowledged: &[u64], doubtful: &[u64]) -> String {
    let events: Vec<_> = (1..).zip(numbers).map(|(id, number)| (id, id, *number)).collect();
    match history(&events, Vec::new()).check_delivery_log(&delivery_log(acknowledged, doubtful)) {
        Ok(()) => "good".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_ledger_is_compared_both_ways() {
    assert_eq!(says(&[1, 2, 3], &[1, 2], &[3]), "good");
    assert_eq!(says(&[1, 2], &[1, 2], &[3]), "good");
    assert_eq!(
        says(&[1], &[1, 2], &[]),
        "button-1: [2] were acknowledged and are not there"
    );
    assert_eq!(says(&[1, 2, 2], &[1, 2], &[]), "button-1: 2 is there twice");
    assert_eq!(says(&[2, 1], &[1, 2], &[]), "button-1: 1 comes after 2");
    assert_eq!(says(&[1, 2], &[1], &[]), "button-1 never sent 2");
}

#[test]
fn a_lane_has_no_hole_that_nobody_explains() {
    let check = |events: &[(u64, u64, u64)], gaps| match history(events, gaps).check_lanes() {
        Ok(()) => "good".to_owned(),
        Err(error) => error.to_string(),
    };
    let gap = |reason: Value| vec![json!({"epoch": 1, "lane": "facts", "from": 2, "to": 3, "reason": reason})];
    assert_eq!(check(&[(1, 1, 1), (2, 2, 2)], Vec::new()), "good");
    assert_eq!(
        check(&[(1, 2, 2), (2, 1, 1)], gap("damaged".into())),
        "(1, \"facts\"): nobody knows where 1 is"
    );
    assert_eq!(
        check(&[(1, 1, 1), (2, 1, 2)], Vec::new()),
        "(1, \"facts\"): 1 was stored after 1"
    );
    let hole = [(1, 1, 1), (2, 4, 2)];
    assert_eq!(check(&hole, Vec::new()), "(1, \"facts\"): nobody knows where 2 is");
    assert_eq!(
        check(&hole, gap(Value::Null)),
        "(1, \"facts\"): nobody knows where 2 is"
    );
    assert_eq!(check(&hole, gap("damaged".into())), "good");
}
