//! One device's share, whatever road it comes on, and notices of strangers that are added up.

use super::rig::{Rig, device, id};
use crate::{FactEntry, KernelLimits, Refusal};
use protocol::{
    Actor, Fact, Lane, Origin,
    fact::{AuthFailure, Custom, Metric},
};
use std::time::Duration;

const HOUR_MS: u64 = 3_600_000;

fn report(name: &str, len: usize) -> FactEntry {
    let body = serde_json::Value::String("x".repeat(len));
    Fact::DeviceCustom(Custom {
        device: id(name),
        kind: "big".into(),
        body: body.into(),
    })
    .into()
}

fn limits() -> KernelLimits {
    KernelLimits {
        device_facts_per_day: 1 << 20,
        device_telemetry_per_day: 64 << 10,
        ..KernelLimits::default()
    }
}

/// Records until it is refused; how often it was taken, and how long to wait.
async fn fill(rig: &Rig, name: &str, entry: impl Fn() -> FactEntry) -> (u64, Duration) {
    let mut taken = 0;
    loop {
        match rig.port.record_later(device(name), vec![entry()]).await {
            Ok(answer) => {
                // Telemetry lingers; whether it was taken is known at once.
                rig.clock.advance(1);
                rig.port.status().await.expect("the kernel lives");
                let mut answer = answer;
                match answer.try_recv() {
                    Ok(Err(Refusal::Quota { device, retry_after })) => {
                        assert_eq!(device, id(name));
                        return (taken, retry_after);
                    }
                    Ok(Err(other)) => panic!("{other}"),
                    Ok(Ok(())) | Err(_) => taken += 1,
                }
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn one_device_has_its_share_and_no_more() {
    let rig = Rig::with_limits(1, limits());
    rig.pair("gate").await;
    rig.pair("kiosk").await;
    let (taken, wait) = fill(&rig, "gate", || report("gate", 16 << 10)).await;
    assert!((60..=66).contains(&taken), "{taken} of 16 KiB are a share of 1 MiB");
    assert!(wait > Duration::ZERO);
    // Nobody else pays for it.
    rig.port
        .record(device("kiosk"), vec![report("kiosk", 16 << 10)])
        .await
        .expect("another's share");
    let quota = |name: &&str| *name == "audit.recorded";
    assert_eq!(
        rig.told().iter().filter(|name| quota(name)).count(),
        1,
        "an auditor was told, once"
    );
    // After a while there is some more, after a day all of it.
    rig.clock.advance(24 * HOUR_MS);
    rig.port
        .record(device("gate"), vec![report("gate", 16 << 10)])
        .await
        .expect("a new day");
    let (taken, _) = fill(&rig, "gate", || report("gate", 16 << 10)).await;
    assert!((58..=66).contains(&taken), "{taken}");
}

#[tokio::test]
async fn telemetry_has_a_share_of_its_own() {
    let rig = Rig::with_limits(2, limits());
    rig.pair("gate").await;
    let metric = || {
        let more = (0..100).map(|n| (format!("figure-{n}"), f64::from(n))).collect();
        FactEntry::from(Fact::DeviceMetric(Metric {
            device: Some(id("gate")),
            more,
            ..Metric::default()
        }))
    };
    let (taken, _) = fill(&rig, "gate", metric).await;
    assert!(taken > 10, "{taken}");
    rig.port
        .record(device("gate"), vec![report("gate", 100)])
        .await
        .expect("facts are another matter");
}

#[tokio::test]
async fn a_log_told_late_comes_as_fast_as_it_likes_and_live_reports_do_not() {
    let per_s = KernelLimits {
        device_facts_per_s: 1,
        ..KernelLimits::default()
    };
    let rig = Rig::with_limits(3, per_s);
    rig.pair("gate").await;
    let old = |number: u64| FactEntry {
        replay: true,
        origin: Some(Origin {
            log: "gate".into(),
            number,
            at: None,
            code: None,
        }),
        ..report("gate", 10)
    };
    for part in 0..20 {
        let entries = (1..=100).map(|number| old(part * 100 + number)).collect();
        rig.port.record(device("gate"), entries).await.expect("the whole log");
    }
    let (taken, wait) = fill(&rig, "gate", || report("gate", 10)).await;
    assert!((20..=21).contains(&taken), "{taken}");
    assert!(wait <= Duration::from_secs(3), "{wait:?}");
    rig.clock.advance(3000);
    rig.port
        .record(device("gate"), vec![report("gate", 10)])
        .await
        .expect("after the wait");
}

#[tokio::test]
async fn notices_of_strangers_are_added_up() {
    let rig = Rig::with_limits(4, KernelLimits::default());
    let failure = || {
        FactEntry::from(Fact::AuthFailed(AuthFailure {
            method: "mqtt".into(),
            device: None,
            ip: None,
            reason: "wrong_password".into(),
            retry_after_s: None,
        }))
    };
    for _ in 0..1000 {
        rig.port
            .record(Actor::Edge, vec![failure()])
            .await
            .expect("nobody is refused for it");
    }
    let failures = |rig: &Rig| rig.told().iter().filter(|name| **name == "auth.failed").count();
    assert_eq!(failures(&rig), 64);
    rig.clock.advance(11_000);
    rig.port.tick().await.expect("the kernel lives");
    rig.port.status().await.expect("the kernel lives");
    let sums = rig.events(Lane::Facts).into_iter().filter_map(|event| {
        let Fact::Audited(audit) = event.fact else { return None };
        audit.detail
    });
    assert_eq!(sums.collect::<Vec<_>>(), ["936 × auth.failed"]);
}
