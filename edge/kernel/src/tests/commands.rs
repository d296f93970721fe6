//! Commands: once, in time, with exactly one outcome.

use super::rig::{Rig, cloud, me, open, sign};
use crate::{AppOrder, Effect, Refusal};
use protocol::{
    Command, EdgeId, Fact, Lane, Outcome, Reason, Timestamp,
    key::SecretKey,
    signed_text::{Purpose, SignedText},
};
use std::time::Duration;

const TEN: Duration = Duration::from_secs(10);

fn reason(rig: &Rig) -> Option<Reason> {
    let fact = rig.events(Lane::Facts).pop().expect("an event").fact;
    let (Fact::CommandRejected(moved) | Fact::CommandExpired(moved) | Fact::CommandFailed(moved)) = &fact else {
        panic!("unexpected {}", fact.name())
    };
    moved.reason
}

#[tokio::test]
async fn a_command_runs_once_and_ends_once() {
    let mut rig = Rig::new(1);
    rig.pair("gate").await;
    let command = open(1, "gate", 0, TEN);
    assert_eq!(rig.port.command(sign(&command)).await, Ok(command.id));
    assert_eq!(rig.port.command(sign(&command)).await, Ok(command.id), "told again");
    let Some(Effect::Order {
        order: AppOrder::Roster(run),
        ..
    }) = rig.effects.recv().await
    else {
        panic!("it runs")
    };
    assert_eq!((run.command.id, run.good_for), (command.id, TEN));
    rig.port
        .settle(command.id, Outcome::Ok { detail: None })
        .await
        .expect("recorded");
    rig.port.settle(command.id, Outcome::Expired).await.expect("ignored");
    assert_eq!(rig.port.command(sign(&command)).await, Ok(command.id), "told once more");
    assert_eq!(rig.told(), ["command.accepted", "command.ok"]);
    assert!(rig.effects.try_recv().is_err(), "it ran once");
}

#[tokio::test]
async fn a_restart_ends_what_was_under_way_and_never_runs_it_again() {
    let rig = Rig::new(2);
    rig.pair("gate").await;
    let command = open(1, "gate", 0, TEN);
    rig.port.command(sign(&command)).await.expect("taken on");
    let mut rig = rig.killed();
    assert_eq!(reason_of(&rig, "command.failed"), Some(Reason::Interrupted));
    rig.port.command(sign(&command)).await.expect("known");
    assert_eq!(rig.told(), ["command.accepted", "command.failed"]);
    assert!(rig.effects.try_recv().is_err(), "nothing runs");
}

fn reason_of(rig: &Rig, name: &str) -> Option<Reason> {
    let events = rig.events(Lane::Facts);
    let event = events
        .iter()
        .find(|event| event.fact.name() == name)
        .expect("it was told");
    let Fact::CommandFailed(moved) = &event.fact else {
        return None;
    };
    moved.reason
}

#[tokio::test]
async fn late_unknown_offline_overlong_and_untimely_commands_are_refused() {
    let mut rig = Rig::new(3);
    rig.pair("gate").await;
    let far_future = open(6, "gate", -60_000, TEN);
    for (command, expected) in [
        (open(1, "gate", 10_000, TEN), Reason::Expired),
        (open(2, "nobody", 0, TEN), Reason::UnknownTarget),
        (open(3, "gate", 0, Duration::from_secs(61)), Reason::Policy),
        (far_future, Reason::ClockUnsynced),
    ] {
        rig.port
            .command(sign(&command))
            .await
            .expect("an outcome is no refusal");
        assert_eq!(reason(&rig), Some(expected));
    }
    let offline = crate::DevicePresence::Offline {
        reason: "unreachable".into(),
    };
    rig.port
        .presence(super::rig::id("gate"), offline, None)
        .await
        .expect("recorded");
    rig.port
        .command(sign(&open(4, "gate", 0, TEN)))
        .await
        .expect("an outcome is no refusal");
    assert_eq!(reason(&rig), Some(Reason::Offline));
    rig.port
        .presence(super::rig::id("gate"), crate::DevicePresence::Online, None)
        .await
        .expect("recorded");
    rig.clock.distrust();
    rig.port
        .command(sign(&open(5, "gate", 0, TEN)))
        .await
        .expect("an outcome is no refusal");
    assert_eq!(reason(&rig), Some(Reason::ClockUnsynced));
    assert!(rig.effects.try_recv().is_err(), "nothing ran");
}

#[tokio::test]
async fn who_cannot_sign_cannot_end_a_command_either() {
    let mut rig = Rig::new(4);
    rig.pair("gate").await;
    let command = open(1, "gate", 0, TEN);
    let forged = SignedText::seal(Purpose::Command, &command, &SecretKey::from_seed(&[1; 32])).expect("JSON");
    let mislabelled = SignedText::seal(Purpose::Document, &command, &cloud()).expect("JSON");
    for signed in [forged, mislabelled] {
        assert!(matches!(rig.port.command(signed).await, Err(Refusal::Untrusted(_))));
    }
    let elsewhere = Command {
        edge: EdgeId::new(Timestamp::from_millis(2), [9; 10]),
        ..command.clone()
    };
    assert_ne!(elsewhere.edge, me().edge);
    rig.port.command(sign(&elsewhere)).await.expect("audited");
    assert_eq!(rig.told(), ["audit.recorded", "audit.recorded", "audit.recorded"]);
    rig.port
        .command(sign(&command))
        .await
        .expect("the real one still works");
    assert!(matches!(rig.effects.recv().await, Some(Effect::Order { .. })));
}
