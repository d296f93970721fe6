//! Random histories with the power cut between any two writes: the state always is what the events make it.

use super::rig::{Rig, device, id, open, sign};
use crate::{DevicePresence, FactEntry};
use proptest::prelude::*;
use protocol::{
    Fact, Lane, Origin, Outcome,
    fact::{DoorChange, SettingsReport},
};
use std::time::Duration;

#[derive(Debug, Clone)]
enum Step {
    Close { gate: u8, number: u64 },
    Report { gate: u8, value: u8 },
    Presence { gate: u8, online: bool },
    Command { number: u8, gate: u8 },
    Settle { number: u8 },
    Pass { ms: u64 },
    Kill,
    PowerCutAt { operation: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3u8, 1..60u64).prop_map(|(gate, number)| Step::Close { gate, number }),
        3 => (0..3u8, any::<u8>()).prop_map(|(gate, value)| Step::Report { gate, value }),
        2 => (0..3u8, any::<bool>()).prop_map(|(gate, online)| Step::Presence { gate, online }),
        3 => (0..40u8, 0..3u8).prop_map(|(number, gate)| Step::Command { number, gate }),
        2 => (0..40u8).prop_map(|number| Step::Settle { number }),
        1 => (0..70_000u64).prop_map(|ms| Step::Pass { ms }),
        1 => Just(Step::Kill),
        2 => (1..12u64).prop_map(|operation| Step::PowerCutAt { operation }),
    ]
}

fn gate(number: u8) -> String {
    format!("gate-{number}")
}

/// What was told to be recorded: (gate, number in its log).
type RecordedCloses = Vec<(String, u64)>;

/// A gate says that it was closed: told, where the kernel took it and had not heard it before.
async fn close(rig: &Rig, name: &str, number: u64, told: &mut RecordedCloses) {
    let door = DoorChange {
        device: id(name),
        door: None,
        spot: None,
        by: None,
    };
    let origin = Some(Origin {
        log: "log".into(),
        number,
        at: None,
        code: None,
    });
    let entry = FactEntry {
        origin,
        ..FactEntry::from(Fact::AccessClosed(door))
    };
    let fresh = rig.port.look({
        let name = id(name);
        move |roster| {
            let device = roster.device(&name);
            device.is_some_and(|device| device.mark("log").unwrap_or(0) < number)
        }
    });
    let fresh = fresh.await == Ok(true);
    if rig.port.record(device(name), vec![entry]).await.is_ok() && fresh {
        told.push((name.to_owned(), number));
    }
}

async fn play(rig: &mut Rig, step: &Step, told: &mut RecordedCloses) {
    // Refusals are fine here: the power may be gone. What is told must hold.
    match step {
        Step::Close { gate: at, number } => close(rig, &gate(*at), *number, told).await,
        Step::Report { gate: number, value } => {
            let settings = [("value".to_owned(), (*value).into())].into();
            let fact = Fact::DeviceReported(SettingsReport {
                device: id(&gate(*number)),
                settings,
            });
            let _ = rig.port.record(device(&gate(*number)), vec![fact.into()]).await;
        }
        Step::Presence { gate: number, online } => {
            let offline = DevicePresence::Offline {
                reason: "unreachable".into(),
            };
            let presence = if *online { DevicePresence::Online } else { offline };
            let _ = rig.port.presence(id(&gate(*number)), presence, None).await;
        }
        Step::Command { number, gate: at } => {
            let _ = rig
                .port
                .command(sign(&open(*number, &gate(*at), 0, Duration::from_secs(10))))
                .await;
        }
        Step::Settle { number } => {
            let command = open(*number, "any", 0, Duration::from_secs(10)).id;
            let _ = rig.port.settle(command, Outcome::Ok { detail: None }).await;
        }
        Step::Pass { ms } => {
            rig.clock.advance(*ms);
            let _ = rig.port.tick().await;
        }
        Step::Kill | Step::PowerCutAt { .. } => {}
    }
}

async fn history(seed: u64, steps: Vec<Step>) {
    let mut rig = Rig::new(seed);
    for number in 0..3 {
        rig.pair(&gate(number)).await;
    }
    let mut told = RecordedCloses::new();
    for step in &steps {
        play(&mut rig, step, &mut told).await;
        match step {
            Step::Kill => rig = rig.killed(),
            Step::PowerCutAt { operation } => {
                rig.disk.cut_power_at(*operation);
                for number in 0..20 {
                    let step = Step::Close {
                        gate: number % 3,
                        number: 60 + u64::from(number),
                    };
                    play(&mut rig, &step, &mut told).await;
                }
                rig = rig.power_cut();
            }
            Step::Close { .. }
            | Step::Report { .. }
            | Step::Presence { .. }
            | Step::Command { .. }
            | Step::Settle { .. }
            | Step::Pass { .. } => continue,
        }
        check(&rig, &told).await;
    }
    check(&rig, &told).await;
    check(&rig.power_cut(), &told).await;
}

async fn check(rig: &Rig, told: &RecordedCloses) {
    assert_eq!(
        rig.state().await,
        rig.replayed(),
        "the state is not what the events make it"
    );
    let events = rig.events(Lane::Facts);
    let kept = events
        .iter()
        .filter_map(|event| Some((event.fact.device()?.to_string(), event.origin.as_ref()?.number)));
    let kept: RecordedCloses = kept.collect();
    for entry in told {
        assert_eq!(
            kept.iter().filter(|one| *one == entry).count(),
            1,
            "{entry:?} was told and is not there once"
        );
    }
    let mut outcomes = std::collections::BTreeMap::new();
    for event in &events {
        if let Fact::CommandOk(moved)
        | Fact::CommandFailed(moved)
        | Fact::CommandExpired(moved)
        | Fact::CommandRejected(moved) = &event.fact
        {
            *outcomes.entry(moved.command).or_insert(0) += 1;
        }
    }
    assert!(outcomes.values().all(|count| *count == 1), "a command ended twice");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn the_state_is_always_what_the_events_make_it(seed: u64, steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(history(seed, steps));
    }
}
