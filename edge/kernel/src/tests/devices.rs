//! Devices: what they say is kept once, in their own name, and silence is noticed once.

use super::rig::{Rig, device, id};
use crate::{DevicePresence, FactEntry, Refusal};
use protocol::{
    Actor, Fact, Lane, Origin,
    fact::{Custom, DoorChange, Metric},
};

fn closed(device: &str, number: Option<u64>) -> FactEntry {
    let door = DoorChange {
        device: id(device),
        door: None,
        spot: None,
        by: None,
    };
    let origin = number.map(|number| Origin {
        log: "DS-1".into(),
        number,
        at: None,
        code: None,
    });
    FactEntry {
        origin,
        ..FactEntry::from(Fact::AccessClosed(door))
    }
}

#[tokio::test]
async fn what_was_told_is_there_after_a_power_cut() {
    let rig = Rig::new(1);
    rig.pair("gate").await;
    for number in 1..=20 {
        rig.port
            .record(device("gate"), vec![closed("gate", Some(number))])
            .await
            .expect("told");
    }
    let rig = rig.power_cut();
    let numbers: Vec<u64> = rig
        .events(Lane::Facts)
        .iter()
        .filter_map(|event| Some(event.origin.as_ref()?.number))
        .collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_entry_of_a_devices_log_is_kept_once_however_often_it_is_told() {
    let rig = Rig::new(2);
    rig.pair("gate").await;
    let page = || [3, 3, 4, 7].map(|number| closed("gate", Some(number))).to_vec();
    rig.port.record(device("gate"), page()).await.expect("told");
    rig.port.record(device("gate"), page()).await.expect("told again");
    let rig = rig.killed();
    rig.port
        .record(device("gate"), page())
        .await
        .expect("told after a restart");
    assert_eq!(rig.told().len(), 3);
    let mark = rig.port.look(|roster| {
        roster
            .device(&id("gate"))?
            .latest_mark()
            .map(|(log, n)| (log.to_owned(), n))
    });
    assert_eq!(mark.await, Ok(Some(("DS-1".to_owned(), 7))));
}

#[tokio::test]
async fn nobody_speaks_for_another_or_for_the_edge() {
    let rig = Rig::new(3);
    rig.pair("gate").await;
    rig.pair("other").await;
    let as_other = rig.port.record(device("gate"), vec![closed("other", None)]).await;
    assert_eq!(
        as_other,
        Err(Refusal::NotYours {
            device: id("gate"),
            name: "access.closed"
        })
    );
    let change = protocol::fact::DeviceChange {
        device: id("gate"),
        reason: None,
        fw: None,
    };
    let as_edge = rig
        .port
        .record(device("gate"), vec![Fact::DeviceOnline(change).into()])
        .await;
    assert_eq!(
        as_edge,
        Err(Refusal::NotYours {
            device: id("gate"),
            name: "device.online"
        })
    );
    let unknown = rig.port.record(device("nobody"), vec![closed("nobody", None)]).await;
    assert_eq!(unknown, Err(Refusal::UnknownDevice(id("nobody"))));
    assert_eq!(rig.told(), [""; 0]);
}

#[tokio::test]
async fn silence_is_noticed_once_and_so_is_the_first_word_after_it() {
    let rig = Rig::new(4);
    rig.pair("gate").await;
    for _ in 0..3 {
        rig.clock.advance(44_999);
        rig.port.renew_lease(id("gate"));
        rig.port.tick().await.expect("ticks");
        rig.port.status().await.expect("the tick was worked on");
    }
    for _ in 0..3 {
        rig.clock.advance(45_000);
        rig.port.tick().await.expect("ticks");
        rig.port.status().await.expect("the tick was worked on");
    }
    rig.port
        .record(device("gate"), vec![closed("gate", None)])
        .await
        .expect("it speaks");
    let names: Vec<_> = rig.events(Lane::Facts).iter().map(|event| event.fact.name()).collect();
    assert_eq!(
        names[1..],
        [
            "device.paired",
            "device.online",
            "device.offline",
            "device.online",
            "access.closed"
        ]
    );
}

#[tokio::test]
async fn a_degraded_device_has_answered_and_falls_silent_after_a_restart_too() {
    let rig = Rig::new(8);
    rig.pair("gate").await;
    rig.clock.advance(44_000);
    let drift = DevicePresence::Degraded { reason: "drift".into() };
    rig.port.presence(id("gate"), drift, None).await.expect("recorded");
    rig.clock.advance(1000);
    rig.port.tick().await.expect("ticks");
    rig.port.status().await.expect("the tick was worked on");
    assert_eq!(rig.told(), ["device.degraded"], "it answered a second ago");
    let rig = rig.killed();
    rig.clock.advance(45_000);
    rig.port.tick().await.expect("ticks");
    rig.port.status().await.expect("the tick was worked on");
    assert_eq!(rig.told(), ["device.degraded", "device.offline"]);
}

#[tokio::test]
async fn a_retired_device_is_nobody_until_it_is_paired_again() {
    let rig = Rig::new(5);
    rig.pair("gate").await;
    rig.port
        .presence(id("gate"), DevicePresence::Retired, None)
        .await
        .expect("recorded");
    let refused = rig.port.record(device("gate"), vec![closed("gate", None)]).await;
    assert_eq!(refused, Err(Refusal::UnknownDevice(id("gate"))));
    rig.pair("gate").await;
    rig.port
        .record(device("gate"), vec![closed("gate", None)])
        .await
        .expect("back again");
}

#[tokio::test]
async fn telemetry_lingers_and_is_then_told() {
    let rig = Rig::new(6);
    rig.pair("gate").await;
    let metric = Fact::DeviceMetric(Metric {
        device: Some(id("gate")),
        cpu: Some(1.0),
        ..Metric::default()
    });
    let mut answer = rig
        .port
        .record_later(device("gate"), vec![metric.into()])
        .await
        .expect("taken");
    rig.port.tick().await.expect("ticks");
    rig.port.status().await.expect("the tick was worked on");
    assert!(answer.try_recv().is_err(), "not on disk, not told");
    rig.clock.advance(1000);
    rig.port.tick().await.expect("ticks");
    assert_eq!(answer.await, Ok(Ok(())));
    assert_eq!(rig.events(Lane::Telemetry).len(), 1);
}

#[tokio::test]
async fn an_overlong_record_is_refused_by_its_length() {
    let rig = Rig::new(7);
    rig.pair("gate").await;
    let body = serde_json::Value::String("x".repeat(protocol::frame::MAX_BODY));
    let custom = Fact::DeviceCustom(Custom {
        device: id("gate"),
        kind: "big".into(),
        body: body.into(),
    });
    let refused = rig.port.record(device("gate"), vec![custom.into()]).await;
    assert!(matches!(refused, Err(Refusal::TooLong { .. })), "{refused:?}");
    rig.port
        .record(Actor::Edge, vec![closed("gate", None)])
        .await
        .expect("the lane goes on");
}
