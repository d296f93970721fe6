//! What a device's condition reports, and that it says nothing twice; where a device's log goes on.

use crate::{DeviceCondition, DeviceSerial, DriverReport, FaultPrecedence, LogPosition, Reporter, State};
use tokio::sync::mpsc;

fn heard(told: &mut mpsc::Receiver<DriverReport>) -> Vec<String> {
    let mut heard = Vec::new();
    while let Ok(report) = told.try_recv() {
        heard.push(match report {
            DriverReport::State(State::Online { fw }) => format!("online {}", fw.unwrap_or_default()),
            DriverReport::State(State::Degraded { reason }) => reason,
            other @ (DriverReport::Facts(_) | DriverReport::Alive | DriverReport::Question(_)) => format!("{other:?}"),
        });
    }
    heard
}

async fn of_two_faults(precedence: FaultPrecedence) -> Vec<String> {
    let (reporter, mut told) = Reporter::new(16);
    let mut condition = DeviceCondition::new(&reporter, precedence, Some("V3".into()));
    let steps = async {
        condition.report().await?;
        condition.raise("jam").await?;
        condition.raise("jam").await?;
        condition.raise("cutter").await?;
        condition.clear("jam").await?;
        condition.clear("cutter").await?;
        condition.clear("cutter").await
    };
    steps.await.expect("somebody listens");
    heard(&mut told)
}

#[tokio::test]
async fn a_state_names_one_fault_and_is_reported_where_it_changes() {
    let oldest = of_two_faults(FaultPrecedence::Oldest).await;
    assert_eq!(oldest, ["online V3", "jam", "cutter", "online V3"]);
    let newest = of_two_faults(FaultPrecedence::Newest).await;
    assert_eq!(newest, ["online V3", "jam", "cutter", "online V3"]);
    let order = of_two_faults(FaultPrecedence::Order).await;
    assert_eq!(order, ["online V3", "jam", "cutter", "online V3"]);
}

#[tokio::test]
async fn which_of_two_faults_is_named() {
    for (precedence, named) in [
        (FaultPrecedence::Oldest, "jam"),
        (FaultPrecedence::Newest, "paused"),
        (FaultPrecedence::Order, "cutter"),
    ] {
        let (reporter, mut told) = Reporter::new(16);
        let mut condition = DeviceCondition::new(&reporter, precedence, None);
        for fault in ["jam", "cutter", "paused"] {
            condition.replace(|known| *known == fault, Some(fault));
        }
        condition.report().await.expect("somebody listens");
        assert_eq!(heard(&mut told), [named], "{precedence:?}");
    }
}

#[tokio::test]
async fn what_replaces_a_fault_a_silence_and_a_moment() {
    let (reporter, mut told) = Reporter::new(16);
    let mut condition = DeviceCondition::new(&reporter, FaultPrecedence::Oldest, None);
    condition.replace(|_| true, Some("paper_low"));
    condition.replace(|_| true, Some("paper_out"));
    condition.report().await.expect("somebody listens");
    assert_eq!(heard(&mut told), ["paper_out"], "one took the other's place");
    condition.report_again().await.expect("somebody listens");
    assert_eq!(heard(&mut told), ["paper_out"], "said anew after a silence");
    condition.report_passing("log_reset").await.expect("somebody listens");
    assert_eq!(heard(&mut told), ["log_reset", "paper_out"]);
    condition.identify("V4".into()).await.expect("somebody listens");
    assert!(heard(&mut told).is_empty(), "the fault is still what counts");
    condition.clear("paper_out").await.expect("somebody listens");
    assert_eq!(heard(&mut told), ["online V4"]);
}

#[test]
fn a_log_goes_on_where_the_mark_is_of_this_device() {
    let serial = DeviceSerial::from("DS1");
    let at = |log: &str, number| LogPosition {
        log: log.into(),
        number,
    };
    for (mark, expected) in [
        (None, at("DS1", 0)),
        (Some(at("DS1", 7)), at("DS1", 7)),
        (Some(at("DS1#3", 7)), at("DS1#3", 7)),
        (Some(at("DS10", 7)), at("DS1", 0)),
        (Some(at("DS1#x", 7)), at("DS1", 0)),
    ] {
        assert_eq!(LogPosition::resume(&serial, mark), expected);
    }
    assert_eq!(at("DS1", 7).next_log(&serial), at("DS1#2", 0));
    assert_eq!(at("DS1#2", 7).next_log(&serial), at("DS1#3", 0));
}
