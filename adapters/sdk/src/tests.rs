//! The promises an ask and an outlet make.

use crate::{Ask, Clock, Outlet, Refused, Seen, State, Told};
use protocol::{CommandId, Fact, Outcome, Reason, Timestamp, command::Action, fact::Door};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

#[derive(Debug)]
struct Dial(AtomicI64);

impl Clock for Dial {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

fn ask(expires_ms: i64, within: Duration) -> (Ask, tokio::sync::oneshot::Receiver<Outcome>) {
    let id = CommandId::new(Timestamp::from_millis(1), [7; 10]);
    let open = Action::AccessOpen {
        door: Door(1),
        reason: None,
    };
    Ask::new(id, open, Timestamp::from_millis(expires_ms), Instant::now() + within)
}

#[tokio::test(start_paused = true)]
async fn an_ask_dropped_unanswered_settles_as_failed() {
    let (ask, outcome) = ask(100, Duration::from_secs(1));
    drop(ask);
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::Interrupted,
            ..
        })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_running_ask_dropped_by_a_driver_that_ends_settles_as_failed() {
    let clock: Arc<dyn Clock> = Arc::new(Dial(AtomicI64::new(50)));
    let (ask, outcome) = ask(100, Duration::from_secs(1));
    drop(ask.begin(&clock).expect("still good"));
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::Interrupted,
            ..
        })
    ));
}

#[tokio::test(start_paused = true)]
async fn the_wall_clock_stops_a_late_ask() {
    let clock: Arc<dyn Clock> = Arc::new(Dial(AtomicI64::new(100)));
    let (ask, outcome) = ask(100, Duration::from_secs(1));
    assert!(ask.begin(&clock).is_none());
    assert_eq!(outcome.await, Ok(Outcome::Expired));
}

#[tokio::test(start_paused = true)]
async fn the_monotonic_clock_stops_a_late_ask_though_the_wall_clock_was_set_back() {
    let clock: Arc<dyn Clock> = Arc::new(Dial(AtomicI64::new(0)));
    let (ask, outcome) = ask(100, Duration::from_secs(1));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(ask.begin(&clock).is_none());
    assert_eq!(outcome.await, Ok(Outcome::Expired));
}

#[tokio::test]
async fn a_report_waits_for_the_disk() {
    let (outlet, mut told) = Outlet::new(1);
    let fact: Fact =
        serde_json::from_str(r#"{"name":"access.closed","data":{"device":"gate","by":"person"}}"#).expect("a fact");
    let report = tokio::spawn({
        let outlet = outlet.clone();
        async move { outlet.report(vec![Seen::now(fact)]).await }
    });
    let Some(Told::Facts(observation)) = told.recv().await else {
        panic!("facts were told")
    };
    assert!(!report.is_finished());
    observation.done.send(Ok(())).expect("somebody waits");
    assert_eq!(report.await.expect("no panic"), Ok(()));
    drop(told);
    assert_eq!(outlet.state(State::Online { fw: None }).await, Err(Refused::Stopping));
}
