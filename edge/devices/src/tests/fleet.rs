//! Drivers that err, hang and come back, with a clock that is turned by hand.

use crate::{Config, ConfigError, DriverEvent, Fleet, FleetContext};
use adapter_sdk::{
    Adapter, AdapterManifest, Ask, CallAnswer, CallTarget, Clock, DriverContext, DriverError, DriverReport, HttpTarget,
    InboundCall, LineSpec, Plan, SettingsError, State, TlsTrust,
};
use protocol::{
    CommandId, DeviceId, Outcome, Reason, Timestamp,
    command::{Action, ActionName, SiteAction},
    fact::Door,
    id::TicketId,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(43_200_000)
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        0
    }
}

/// An adapter whose drivers do what their settings say.
struct ScriptedAdapter;

const PUPPET: AdapterManifest = AdapterManifest {
    id: "puppet",
    title: "Puppet",
    vendors: &["nobody"],
    version: "1",
    kinds: &["gate"],
    actions: &[ActionName::DeviceTest],
    settings_schema: "{}",
};

impl Adapter for ScriptedAdapter {
    fn manifest(&self) -> &'static AdapterManifest {
        &PUPPET
    }
    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        let Some(play) = settings.get("play").and_then(|play| play.as_str()).map(str::to_owned) else {
            return Err(SettingsError("play is missing".into()));
        };
        let target = HttpTarget {
            base: "http://127.0.0.1:9".into(),
            trust: TlsTrust::Roots,
            connect_timeout: Duration::from_secs(1),
        };
        let caller = settings.get("caller").and_then(|caller| caller.as_str());
        Ok(Plan {
            wants: caller.map_or(LineSpec::Http(target), |name| {
                LineSpec::Calls(CallTarget {
                    prefix: "ring",
                    key: "SN",
                    name: name.into(),
                })
            }),
            lease: Duration::from_secs(45),
            drive: Box::new(move |context| Box::pin(act(play.clone(), context))),
        })
    }
}

async fn act(play: String, mut context: DriverContext) -> DriverError {
    match play.as_str() {
        "fail" => DriverError::Protocol("gibberish".into()),
        "locked" => DriverError::LockedOut {
            wait: Duration::from_secs(1800),
        },
        "obey" => {
            let _ = context.reporter.state(State::Online { fw: None }).await;
            while let Some(ask) = context.asks.recv().await {
                if let Some(running) = ask.begin(&context.clock) {
                    running.ok(None);
                }
            }
            DriverError::Protocol("no more asks".into())
        }
        "answer" => {
            while let Some(call) = context.calls.recv().await {
                let answer = CallAnswer {
                    status: http::StatusCode::OK,
                    content_type: "text/plain",
                    body: call.body,
                };
                let _ = call.answer.send(answer);
            }
            DriverError::Protocol("no more calls".into())
        }
        "chatter" => {
            while context.reporter.renew_lease().await.is_ok() {
                tokio::time::sleep(Duration::from_secs(100)).await;
            }
            DriverError::Unrecorded(adapter_sdk::ReportError::Stopping)
        }
        "tidy" => {
            let _ = context.reporter.state(State::Online { fw: None }).await;
            while context.asks.recv().await.is_some() {}
            tokio::time::sleep(Duration::from_secs(1)).await;
            let reason = "left in order".to_owned();
            let _ = context.reporter.state(State::Degraded { reason }).await;
            DriverError::Unrecorded(adapter_sdk::ReportError::Stopping)
        }
        _ => std::future::pending().await,
    }
}

fn fleet() -> (Fleet, mpsc::Receiver<DriverEvent>) {
    let (happened, receiver) = mpsc::channel(64);
    let given = FleetContext {
        catalog: vec![&ScriptedAdapter],
        clock: Arc::new(FixedClock),
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened,
        resume: Arc::new(|_| Box::pin(async { None })),
        push_url: Arc::new(|_| None),
        seed: 7,
    };
    (Fleet::new(given), receiver)
}

fn config(device: &str, play: &str) -> Config {
    let settings = serde_json::json!({ "play": play });
    Config {
        device: id(device),
        adapter: "puppet".parse().expect("a slug"),
        settings,
    }
}

fn id(device: &str) -> DeviceId {
    device.parse().expect("a slug")
}

fn ask() -> (Ask, tokio::sync::oneshot::Receiver<Outcome>) {
    ask_for(Action::DeviceTest {})
}

fn ask_for(action: Action) -> (Ask, tokio::sync::oneshot::Receiver<Outcome>) {
    let command = CommandId::new(Timestamp::from_millis(1), [1; 10]);
    Ask::new(
        command,
        action,
        Timestamp::from_millis(i64::MAX),
        Instant::now() + Duration::from_secs(60),
    )
}

#[tokio::test(start_paused = true)]
async fn a_failing_driver_is_tried_again_less_and_less_often_and_disturbs_nobody() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("bad", "fail")).expect("good settings");
    fleet.put(config("good", "obey")).expect("good settings");
    let began = Instant::now();
    let (mut waits, mut online) = (Vec::new(), 0);
    while waits.len() < 9 {
        match happened.recv().await.expect("the fleet lives") {
            DriverEvent::Down { device, reason, wait } => {
                assert_eq!((device.as_str(), reason), ("bad", "protocol"));
                waits.push(wait);
            }
            DriverEvent::DriverReport(device, DriverReport::State(State::Online { .. })) => {
                assert_eq!(device.as_str(), "good");
                online += 1;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(online, 1);
    assert!(
        waits[0] <= Duration::from_secs(1) && waits[8] >= Duration::from_secs(30),
        "{waits:?}"
    );
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(60)));
    assert!(began.elapsed() >= waits[..8].iter().sum::<Duration>());
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_out_is_waited_out() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("terminal", "locked")).expect("good settings");
    let began = Instant::now();
    for _ in 0..2 {
        let told = happened.recv().await;
        assert!(matches!(told, Some(DriverEvent::Down { reason: "locked_out", wait, .. }) if wait.as_secs() == 1800));
    }
    assert!(began.elapsed() >= Duration::from_secs(1800));
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn asks_reach_a_running_driver_and_nobody_else() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("good", "obey")).expect("good settings");
    fleet.put(config("bad", "fail")).expect("good settings");
    let mut seen = 0;
    while seen < 2 {
        happened.recv().await.expect("the fleet lives");
        seen += 1;
    }
    for (device, expected) in [
        ("good", None),
        ("bad", Some(Reason::Offline)),
        ("absent", Some(Reason::UnknownTarget)),
    ] {
        let (ask, outcome) = ask();
        fleet.ask(&id(device), ask);
        let got = match outcome.await.expect("an ask is always answered") {
            Outcome::Ok { .. } => None,
            Outcome::Rejected { reason, .. } | Outcome::Failed { reason, .. } => Some(reason),
            Outcome::Expired => Some(Reason::Expired),
        };
        assert_eq!(got, expected, "{device}");
    }
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_manifest_does_not_list_never_reaches_the_driver() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("good", "obey")).expect("good settings");
    happened.recv().await.expect("it is online");
    let unlisted = [
        Action::AccessOpen {
            door: Door(1),
            reason: None,
        },
        Action::DeviceReboot {},
        Action::PrintTest {},
        Action::JournalFlush {},
        Action::Site(SiteAction::QueueFeedback {
            ticket: TicketId::new(Timestamp::from_millis(1), [1; 10]),
            score: 5,
        }),
    ];
    for action in unlisted {
        let (ask, outcome) = ask_for(action);
        fleet.ask(&id("good"), ask);
        // Its driver answers everything with yes.
        let expected = Outcome::Rejected {
            reason: Reason::Unsupported,
            detail: Some("the adapter puppet does not do that".to_owned()),
        };
        assert_eq!(outcome.await, Ok(expected));
    }
    let (ask, outcome) = ask();
    fleet.ask(&id("good"), ask);
    assert_eq!(outcome.await, Ok(Outcome::Ok { detail: None }));
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_says_nothing_is_ended_and_tried_again_and_disturbs_nobody() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("mute", "hang")).expect("good settings");
    fleet.put(config("good", "chatter")).expect("good settings");
    let began = Instant::now();
    let mut downs = 0;
    while downs < 3 {
        match happened.recv().await.expect("the fleet lives") {
            DriverEvent::Down { device, reason, .. } => {
                assert_eq!((device.as_str(), reason), ("mute", "silent"));
                downs += 1;
                assert!(began.elapsed() >= downs * 3 * Duration::from_secs(45));
            }
            DriverEvent::DriverReport(device, DriverReport::Alive) => assert_eq!(device.as_str(), "good"),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(began.elapsed() < Duration::from_secs(3 * (135 + 60)));
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn asks_of_a_driver_that_hangs_are_answered_when_it_is_ended() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("mute", "hang")).expect("good settings");
    tokio::task::yield_now().await;
    let (ask, outcome) = ask();
    fleet.ask(&id("mute"), ask);
    assert!(matches!(
        happened.recv().await,
        Some(DriverEvent::Down { reason: "silent", .. })
    ));
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::Interrupted,
            ..
        })
    ));
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn new_settings_restart_one_driver_and_its_open_asks_settle() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("gate", "hang")).expect("good settings");
    fleet.put(config("other", "obey")).expect("good settings");
    happened.recv().await.expect("the other is online");
    let (ask, outcome) = ask();
    tokio::task::yield_now().await;
    fleet.ask(&id("gate"), ask);
    fleet.put(config("gate", "obey")).expect("good settings");
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::Interrupted,
            ..
        })
    ));
    let Some(DriverEvent::DriverReport(device, DriverReport::State(State::Online { .. }))) = happened.recv().await
    else {
        panic!("the gate is driven anew")
    };
    assert_eq!(device.as_str(), "gate");
    fleet.put(config("gate", "obey")).expect("the same settings");
    assert!(happened.try_recv().is_err(), "unchanged settings disturb nothing");
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_driver_leaves_its_device_in_order_before_the_next_begins() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(config("gate", "tidy")).expect("good settings");
    happened.recv().await.expect("it is online");
    fleet.put(config("gate", "obey")).expect("good settings");
    let mut told = Vec::new();
    while told.len() < 2 {
        if let Some(DriverEvent::DriverReport(_, DriverReport::State(state))) = happened.recv().await {
            told.push(state);
        }
    }
    let reason = "left in order".to_owned();
    assert_eq!(told, [State::Degraded { reason }, State::Online { fw: None }]);
    fleet.stop().await;
}

#[tokio::test]
async fn bad_settings_change_nothing() {
    let (mut fleet, _happened) = fleet();
    let nobody = Config {
        adapter: "nobody".parse().expect("a slug"),
        ..config("gate", "obey")
    };
    assert!(matches!(fleet.put(nobody), Err(ConfigError::NoAdapter { .. })));
    let empty = Config {
        settings: serde_json::json!({}),
        ..config("gate", "obey")
    };
    assert!(matches!(fleet.put(empty), Err(ConfigError::Settings { .. })));
    assert!(!fleet.has(&id("gate")));
    fleet.stop().await;
}

#[tokio::test]
async fn no_debug_text_shows_a_devices_settings() {
    let (mut fleet, _happened) = fleet();
    let mut secret = config("gate", "obey");
    secret.settings["password"] = "hunter2".into();
    assert!(!format!("{secret:?}").contains("hunter2"));
    fleet.put(secret).expect("good settings");
    let text = format!("{fleet:?}");
    assert!(text.contains("gate") && !text.contains("hunter2"), "{text}");
    fleet.stop().await;
}

fn caller(device: &str, play: &str, name: &str) -> Config {
    Config {
        settings: serde_json::json!({ "play": play, "caller": name }),
        ..config(device, play)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_reaches_its_driver_and_nobody_elses() {
    let (mut fleet, mut happened) = fleet();
    fleet.put(caller("one", "answer", "A1")).expect("good settings");
    fleet.put(caller("two", "fail", "B2")).expect("good settings");
    let known = fleet
        .callers()
        .map(|(target, device)| (target.name.to_string(), device.to_string()));
    let expected = [("A1", "one"), ("B2", "two")].map(|(name, device)| (name.to_owned(), device.to_owned()));
    assert_eq!(known.collect::<Vec<_>>(), expected);
    while !matches!(happened.recv().await, Some(DriverEvent::Down { .. })) {}
    for (device, expected) in [("one", Some("row")), ("two", None)] {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let call = InboundCall {
            method: http::Method::POST,
            path: "cdata".to_owned(),
            query: String::new(),
            body: "row".into(),
            answer,
        };
        let calls = fleet.calls(&id(device)).expect("it is driven");
        calls.try_send(call).expect("there is room");
        let answer = answered.await.ok().map(|answer| answer.body);
        assert_eq!(answer.as_deref(), expected.map(str::as_bytes), "{device}");
    }
    assert!(fleet.calls(&id("nobody")).is_none());
    fleet.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_devices_cannot_be_the_same_caller() {
    let (mut fleet, _happened) = fleet();
    fleet.put(caller("one", "answer", "A1")).expect("good settings");
    for refused in [
        fleet.check(&caller("two", "answer", "A1")).err(),
        fleet.put(caller("two", "fail", "A1")).err(),
    ] {
        let refused = refused.expect("the name is taken");
        assert_eq!(refused.to_string(), "device two: calls under the same name as one");
    }
    fleet.put(caller("one", "fail", "A1")).expect("its own name");
    fleet.remove(&id("one"));
    fleet.put(caller("two", "answer", "A1")).expect("the name is free");
    fleet.stop().await;
}
