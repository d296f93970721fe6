//! The promises an ask and an reporter make.

mod condition;

use crate::{Ask, Clock, DriverReport, ObservedFact, ReportError, Reporter, State};
use protocol::{CommandId, Fact, Outcome, Reason, Timestamp, access::AccessDecision, command::Action, fact::Door};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

#[derive(Debug)]
struct SteppedClock(AtomicI64);

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
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
    let clock: Arc<dyn Clock> = Arc::new(SteppedClock(AtomicI64::new(50)));
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
    let clock: Arc<dyn Clock> = Arc::new(SteppedClock(AtomicI64::new(100)));
    let (ask, outcome) = ask(100, Duration::from_secs(1));
    assert!(ask.begin(&clock).is_none());
    assert_eq!(outcome.await, Ok(Outcome::Expired));
}

#[tokio::test(start_paused = true)]
async fn the_monotonic_clock_stops_a_late_ask_though_the_wall_clock_was_set_back() {
    let clock: Arc<dyn Clock> = Arc::new(SteppedClock(AtomicI64::new(0)));
    let (ask, outcome) = ask(100, Duration::from_secs(1));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(ask.begin(&clock).is_none());
    assert_eq!(outcome.await, Ok(Outcome::Expired));
}

#[tokio::test]
async fn a_report_waits_for_the_disk() {
    let (reporter, mut told) = Reporter::new(1);
    let fact: Fact =
        serde_json::from_str(r#"{"name":"access.closed","data":{"device":"gate","by":"person"}}"#).expect("a fact");
    let report = tokio::spawn({
        let reporter = reporter.clone();
        async move { reporter.report(vec![ObservedFact::now(fact)]).await }
    });
    let Some(DriverReport::Facts(observation)) = told.recv().await else {
        panic!("facts were told")
    };
    assert!(!report.is_finished());
    observation.done.send(Ok(())).expect("somebody waits");
    assert_eq!(report.await.expect("no panic"), Ok(()));
    drop(told);
    assert_eq!(
        reporter.state(State::Online { fw: None }).await,
        Err(ReportError::Stopping)
    );
}

#[tokio::test]
async fn only_a_stopping_edge_and_a_refusal_end_a_report_and_nothing_is_reported_for_nothing() {
    let (reporter, mut told) = Reporter::new(1);
    assert_eq!(reporter.report(Vec::new()).await, Ok(()), "nothing to say");
    assert!(told.try_recv().is_err());
    let fact =
        || -> Fact { serde_json::from_str(r#"{"name":"access.closed","data":{"device":"gate"}}"#).expect("a fact") };
    for (answer, expected) in [
        (
            Some(Err(ReportError::NotNow("full".into()))),
            ReportError::NotNow("full".into()),
        ),
        (None, ReportError::Stopping),
    ] {
        let report = tokio::spawn({
            let (reporter, seen) = (reporter.clone(), vec![ObservedFact::now(fact())]);
            async move { reporter.report(seen).await }
        });
        let Some(DriverReport::Facts(observation)) = told.recv().await else {
            panic!("facts were told")
        };
        match answer {
            Some(answer) => observation.done.send(answer).expect("somebody waits"),
            None => drop(observation),
        }
        assert_eq!(report.await.expect("no panic"), Err(expected));
    }
    drop(told);
    assert_eq!(
        reporter.report(vec![ObservedFact::now(fact())]).await,
        Err(ReportError::Stopping)
    );
    assert_eq!(reporter.renew_lease().await, Err(ReportError::Stopping));
}

#[tokio::test(start_paused = true)]
async fn an_ask_in_time_begins_once_and_is_answered_once() {
    let clock: Arc<dyn Clock> = Arc::new(SteppedClock(AtomicI64::new(99)));
    let (in_time, outcome) = ask(100, Duration::from_secs(1));
    let (command, deadline) = (in_time.command(), Instant::now() + Duration::from_secs(1));
    assert_eq!(command, CommandId::new(Timestamp::from_millis(1), [7; 10]));
    tokio::time::advance(Duration::from_millis(999)).await;
    let running = in_time.begin(&clock).expect("a millisecond is left");
    assert_eq!(running.deadline(), deadline);
    running.failed(Reason::Hardware, "jammed".to_owned());
    let expected = Outcome::Failed {
        reason: Reason::Hardware,
        detail: Some("jammed".into()),
    };
    assert_eq!(outcome.await, Ok(expected));
}

#[tokio::test]
async fn no_debug_text_shows_a_secret_or_what_a_device_sent() {
    let mut headers = http::HeaderMap::new();
    headers.insert(
        http::header::AUTHORIZATION,
        http::HeaderValue::from_static("Basic hunter2"),
    );
    let request = crate::http::Request {
        method: http::Method::PUT,
        target: "/door".into(),
        headers,
        body: "hunter2".into(),
        timeout: Duration::from_secs(1),
    };
    let push = crate::InboundPush {
        content_type: "text/plain".into(),
        body: "hunter2".into(),
        accepted: tokio::sync::oneshot::channel().0,
    };
    for text in [format!("{request:?}"), format!("{push:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[derive(Debug)]
struct ChunkedBody(Vec<&'static str>);

#[async_trait::async_trait]
impl crate::http::BodyStream for ChunkedBody {
    async fn chunk(&mut self) -> Result<Option<bytes::Bytes>, crate::http::HttpError> {
        Ok(self.0.pop().map(bytes::Bytes::from))
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_no_further() {
    for (limit, fits) in [(6, true), (5, false)] {
        let response = crate::http::Response {
            status: http::StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: Box::new(ChunkedBody(vec!["def", "abc"])),
        };
        match response.bytes(limit).await {
            Ok(whole) => assert!(fits && whole == "abcdef", "{whole:?}"),
            Err(error) => assert!(
                !fits && error.to_string() == "the answer is longer than 5 bytes",
                "{error}"
            ),
        }
    }
}

crate::supported_actions! {
    /// What the device of this test is asked.
    enum TestAction {
        AccessOpen { door: protocol::fact::Door },
        PrintTicket(order: protocol::command::PrintOrder),
        DeviceTest {},
    }
}

#[tokio::test]
async fn an_adapter_is_given_the_actions_it_lists_and_no_other() {
    use crate::SupportedActions as _;
    use protocol::{
        command::{ActionName, PrintOrder, SiteAction},
        fact::Door,
        print::{Sheet, SheetKind},
    };
    let listed = [ActionName::AccessOpen, ActionName::PrintTicket, ActionName::DeviceTest];
    assert_eq!(TestAction::NAMES, listed);
    let order = PrintOrder {
        print: protocol::PrintId::new(Timestamp::from_millis(1), [1; 10]),
        sheet: Sheet {
            kind: SheetKind::Ticket,
            blocks: Vec::new(),
        },
        copy: false,
    };
    let door = Door(2);
    for (action, expected) in [
        (
            Action::AccessOpen { door, reason: None },
            Some(TestAction::AccessOpen { door }),
        ),
        (
            Action::PrintTicket(order.clone()),
            Some(TestAction::PrintTicket(order.clone())),
        ),
        (Action::DeviceTest {}, Some(TestAction::DeviceTest {})),
        (Action::PrintBadge(order), None),
        (Action::DeviceReboot {}, None),
        (
            Action::Site(SiteAction::QueueFeedback {
                ticket: protocol::id::TicketId::new(Timestamp::from_millis(1), [1; 10]),
                score: 1,
            }),
            None,
        ),
    ] {
        assert_eq!(listed.contains(&action.which()), expected.is_some(), "{action:?}");
        let command = CommandId::new(Timestamp::from_millis(1), [7; 10]);
        let (ask, outcome) = Ask::new(command, action, Timestamp::from_millis(100), Instant::now());
        match (ask.supported::<TestAction>(), expected) {
            (Some((action, ask)), Some(expected)) => {
                assert_eq!(action, expected);
                drop(ask);
            }
            (None, None) => {
                let reason = Reason::Unsupported;
                assert_eq!(outcome.await, Ok(Outcome::Rejected { reason, detail: None }));
            }
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }
}

fn shown() -> protocol::access::Presentation {
    use protocol::access::{Credential, Presentation, Readiness};
    Presentation {
        door: Door(1),
        spot: None,
        dir: None,
        credential: Credential {
            kind: protocol::fact::KeyKind::Card,
            number: 4711,
        },
        readiness: Readiness::Ready,
    }
}

/// What becomes of a question that somebody gets, and answers after `delay` or drops.
async fn ruled(
    delay: Duration,
    ruling: Option<AccessDecision>,
) -> (AccessDecision, Option<Result<(), AccessDecision>>) {
    let (reporter, mut told) = Reporter::new(1);
    let deadline = Instant::now() + Duration::from_secs(2);
    let site = tokio::spawn(async move {
        let Some(DriverReport::Question(question)) = told.recv().await else {
            panic!("a question")
        };
        assert_eq!((question.shown(), question.deadline()), (&shown(), deadline));
        tokio::time::sleep(delay).await;
        ruling.map(|ruling| question.answer(ruling))
    });
    let ruling = reporter.ask(shown(), deadline).await;
    (ruling, site.await.expect("the site answers"))
}

#[tokio::test(start_paused = true)]
async fn a_ruling_in_time_is_what_the_site_says() {
    let granted = AccessDecision::Granted { person: "17".into() };
    let in_time = Duration::from_millis(1999);
    assert_eq!(ruled(in_time, Some(granted.clone())).await, (granted, Some(Ok(()))));
    assert_eq!(
        ruled(in_time, Some(AccessDecision::Denied)).await,
        (AccessDecision::Denied, Some(Ok(())))
    );
}

#[tokio::test(start_paused = true)]
async fn no_answer_a_late_one_and_a_site_that_stops_mean_no() {
    let began = Instant::now();
    assert_eq!(ruled(Duration::ZERO, None).await, (AccessDecision::Denied, None));
    assert_eq!(
        began.elapsed(),
        Duration::ZERO,
        "a dropped question is answered at once"
    );

    let granted = AccessDecision::Granted { person: "17".into() };
    let late = ruled(Duration::from_millis(2001), Some(granted.clone())).await;
    assert_eq!(
        late,
        (AccessDecision::Denied, Some(Err(granted))),
        "whoever answers late learns that nobody acts on it"
    );
    assert_eq!(began.elapsed(), Duration::from_millis(2001));

    let (reporter, told) = Reporter::new(1);
    drop(told);
    let deadline = Instant::now() + Duration::from_secs(2);
    assert_eq!(reporter.ask(shown(), deadline).await, AccessDecision::Denied);

    // Nobody takes what drivers say: the deadline holds for the asking, too.
    let (reporter, _told) = Reporter::new(1);
    reporter.renew_lease().await.expect("there is room for one");
    let deadline = Instant::now() + Duration::from_secs(2);
    assert_eq!(reporter.ask(shown(), deadline).await, AccessDecision::Denied);
    assert_eq!(Instant::now(), deadline);
}
