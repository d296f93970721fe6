//! A check that cannot fail proves nothing: a door that moves twice, late, or for nobody is seen.

use super::{ON_THE_WIRE, TrackedCommand, check_doors};
use protocol::{DeviceId, Timestamp};
use std::time::Duration;
use tests_world::hikvision::{DoorCommand, Opening};
use tokio::time::Instant;

const EXPIRES: i64 = 3000;

fn order(state: &str) -> TrackedCommand {
    TrackedCommand {
        id: "1".to_owned(),
        device: "terminal-1".to_owned(),
        door: 7,
        state: state.to_owned(),
        reason: None,
        created: Timestamp::from_millis(1000),
        expires: Timestamp::from_millis(EXPIRES),
    }
}

/// What is said of orders of these states when door 7 moved at these times.
fn says(states: &[&str], moved_at: &[i64]) -> &'static str {
    let device: DeviceId = "terminal-1".parse().unwrap();
    let orders: Vec<TrackedCommand> = states.iter().map(|state| order(state)).collect();
    let openings = moved_at.iter().map(|at| Opening {
        door: 7,
        command: DoorCommand::Open,
        at: Timestamp::from_millis(*at),
        taken: Instant::now(),
    });
    match check_doors(&orders, &device, &openings.collect::<Vec<_>>()) {
        Ok(()) => "good",
        Err(error) if error.to_string().contains("moved for nobody, too late or twice") => "moved",
        Err(error) if error.to_string().contains("did not move") => "did not move",
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn doors_and_orders_are_compared_both_ways() {
    assert_eq!(says(&["ok"], &[2000]), "good");
    assert_eq!(says(&["failed"], &[2000]), "good");
    assert_eq!(says(&["failed", "expired", "rejected"], &[]), "good");
    assert_eq!(says(&["ok", "ok"], &[2000, 2100]), "good");
    assert_eq!(says(&["ok"], &[2000, 2100]), "moved");
    assert_eq!(says(&["expired"], &[2000]), "moved");
    assert_eq!(says(&["rejected"], &[2000]), "moved");
    assert_eq!(says(&["ok"], &[999]), "moved");
    assert_eq!(says(&["ok"], &[]), "did not move");
}

#[test]
fn a_door_may_move_at_its_order_s_end_but_not_after_it() {
    let wire = i64::try_from(ON_THE_WIRE.as_millis()).unwrap();
    assert!(ON_THE_WIRE < Duration::from_secs(1));
    assert_eq!(says(&["ok"], &[EXPIRES + wire]), "good");
    assert_eq!(says(&["ok"], &[EXPIRES + wire + 1]), "moved");
}
