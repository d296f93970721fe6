//! A wall clock that is set, or stands earlier after a restart, is on record before anything is stamped with its time.

use super::rig::Rig;
use crate::FactEntry;
use protocol::{
    Actor, ClockState, Fact, Lane,
    fact::{ClockChange, SettingsReport},
};

async fn record(rig: &Rig) {
    let report = SettingsReport {
        device: super::rig::id("gate"),
        settings: std::collections::BTreeMap::new(),
    };
    let entry = FactEntry::from(Fact::DeviceReported(report));
    rig.port.record(Actor::Edge, vec![entry]).await.expect("there is room");
}

/// Every fact is at most two seconds older than the one before it, unless a change of the clock says why. The changes are returned.
fn changes(rig: &Rig) -> Vec<ClockChange> {
    let mut changes = Vec::new();
    let mut last = None;
    for event in rig.events(Lane::Facts) {
        if let Fact::ClockChanged(change) = &event.fact {
            changes.push(change.clone());
        } else if let Some(last) = last {
            assert!(event.at.plus(std::time::Duration::from_secs(2)) >= last, "{event:?}");
        }
        last = Some(event.at);
    }
    changes
}

#[tokio::test]
async fn a_clock_that_was_set_is_recorded_before_the_next_fact() {
    let rig = Rig::new(1);
    rig.pair("gate").await;
    rig.clock.advance(60_000);
    record(&rig).await;
    assert_eq!(changes(&rig), []);
    rig.clock.set(-3_600_000);
    record(&rig).await;
    rig.clock.set(7_200_000);
    record(&rig).await;
    rig.clock.set(1500);
    record(&rig).await;
    rig.clock.distrust();
    record(&rig).await;
    let change = |state, jump_ms| ClockChange { state, jump_ms };
    assert_eq!(
        changes(&rig),
        [
            change(ClockState::Synced, -3_600_000),
            change(ClockState::Synced, 7_200_000),
            change(ClockState::Estimated, 1500),
        ]
    );
}

#[tokio::test]
async fn a_clock_that_stands_earlier_after_a_restart_is_recorded_first() {
    let rig = Rig::new(2);
    rig.pair("gate").await;
    rig.clock.advance(3_600_000);
    record(&rig).await;
    rig.clock.set(-600_000);
    let rig = rig.killed();
    record(&rig).await;
    let jumps: Vec<i64> = changes(&rig).iter().map(|change| change.jump_ms).collect();
    assert_eq!(jumps, [-600_000]);
    let later = rig.killed();
    assert_eq!(changes(&later).len(), 1, "a clock that goes on says nothing");
}
