//! Plays a script against the driver and writes down what a person watching would see.

use super::device::{CredentialCheck, Device, RequestBehaviour, part, stream_json};
use adapter_sdk::{
    Ask, Clock, DriverContext, DriverReport, InboundPush, Line, LogPosition, ObservedFact, ReportError, Reporter, State,
};
use bytes::Bytes;
use expect_test::Expect;
use protocol::{CommandId, Fact, Timestamp, command::Action, fact::Door};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

thread_local! {
    static BEGAN: OnceLock<Instant> = const { OnceLock::new() };
}

/// Milliseconds since 1970, moved by tokio's clock.
pub(super) fn now() -> i64 {
    let began = BEGAN.with(|began| *began.get_or_init(Instant::now));
    1_795_165_200_000 + i64::try_from(began.elapsed().as_millis()).expect("a short test")
}

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(now())
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

/// Plays the steps of a script, separated by `;`, and compares what was seen.
pub(super) fn check(script: &str, expect: &Expect) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let notes = runtime.block_on(async {
        now();
        let mut stage = DriverHarness::new();
        for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
            stage.step(&step.split_whitespace().collect::<Vec<_>>()).await;
        }
        stage.notes()
    });
    expect.assert_eq(&notes);
}

struct DriverHarness {
    device: Device,
    settings: Value,
    mark: Option<LogPosition>,
    notes: Arc<Mutex<Vec<String>>>,
    disk: Arc<Mutex<Disk>>,
    alive: Arc<Mutex<u32>>,
    asks: Option<mpsc::Sender<Ask>>,
    pushes: Option<mpsc::Sender<InboundPush>>,
    driver: Option<JoinHandle<()>>,
    commands: u8,
}

#[derive(Clone, Copy)]
enum Disk {
    Takes,
    Refuses,
}

impl DriverHarness {
    fn new() -> Self {
        Self {
            device: Device::new(),
            settings: json!({"host": "10.0.0.9", "username": "admin", "password": "secret", "heartbeat_s": 30}),
            mark: None,
            notes: Arc::default(),
            disk: Arc::new(Mutex::new(Disk::Takes)),
            alive: Arc::default(),
            asks: None,
            pushes: None,
            driver: None,
            commands: 0,
        }
    }

    fn note(&self, line: String) {
        self.notes.lock().expect("not poisoned").push(line);
    }

    fn notes(&self) -> String {
        self.notes
            .lock()
            .expect("not poisoned")
            .iter()
            .map(|line| format!("{line}\n"))
            .collect()
    }

    async fn step(&mut self, words: &[&str]) {
        match words {
            ["set", key, value] => self.settings[*key] = serde_json::from_str(value).expect("JSON"),
            ["mark", log, number] => {
                self.mark = Some(LogPosition {
                    log: (*log).into(),
                    number: number.parse().expect("a number"),
                });
            }
            ["log", from, to] => {
                let (from, to) = (from.parse().expect("from"), to.parse().expect("to"));
                self.device
                    .state()
                    .log
                    .extend((from..=to).map(|number: u64| (number, 5, 75)));
            }
            ["wipe"] => self.device.state().log.clear(),
            ["line", mood] => self.device.state().line = mood_of(mood),
            ["stream", "cut"] => self.device.cut(),
            ["stream", mood] => self.device.state().stream = mood_of(mood),
            ["door", mood] => self.device.state().door = mood_of(mood),
            ["unsearchable"] => self.device.state().searchable = false,
            ["dozes", searches] => self.device.state().dozes = searches.parse().expect("a number"),
            ["searchable"] => self.device.state().searchable = true,
            ["drift", seconds] => self.device.state().drift_s = seconds.parse().expect("seconds"),
            ["foreign", "slots"] => self.device.state().slots[1] = ("/other".into(), "203.0.113.8".into()),
            ["believe", belief] => self.device.state().belief = belief_of(belief),
            ["disk", "full"] => *self.disk.lock().expect("not poisoned") = Disk::Refuses,
            ["start"] => self.start(),
            ["entry", number, minor] => self
                .device
                .happen(number.parse().expect("number"), minor.parse().expect("minor")),
            ["entry", number, "after", front] => {
                self.device
                    .happen_after(front.parse().expect("front"), number.parse().expect("number"));
            }
            ["skipped", number] => self.device.state().log.push((number.parse().expect("number"), 5, 76)),
            ["say", text] => self.device.say(part(text)),
            ["heartbeat"] => self.device.say(part(r#"{"eventType":"heartBeat"}"#)),
            ["push", number, minor] => self.push(number, minor).await,
            ["ask", rest @ ..] => self.ask(rest).await,
            ["stop"] => self.asks = None,
            ["wait", time] => tokio::time::sleep(time_of(time)).await,
            other => self.look(other),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// Steps that only look.
    fn look(&self, words: &[&str]) {
        match words {
            ["hush"] => {
                let mut state = self.device.state();
                (state.signed, state.wire) = (0, Vec::new());
                *self.alive.lock().expect("not poisoned") = 0;
            }
            ["signed"] => {
                let signed = std::mem::take(&mut self.device.state().signed);
                self.note(format!("  {signed} signed requests"));
            }
            ["alive"] => {
                let alive = std::mem::take(&mut *self.alive.lock().expect("not poisoned"));
                self.note(format!("  {alive} times alive"));
            }
            ["wire"] => {
                let wire = std::mem::take(&mut self.device.state().wire);
                wire.into_iter().for_each(|line| self.note(format!("  wire {line}")));
            }
            other => panic!("unknown step {other:?}"),
        }
    }

    fn start(&mut self) {
        let (reporter, mut told) = Reporter::new(4);
        let (asks, asks_in) = mpsc::channel(4);
        let (pushes, pushes_in) = mpsc::channel(4);
        (self.asks, self.pushes) = (Some(asks), Some(pushes));
        let plan = crate::ADAPTER.plan(&self.settings).expect("good settings");
        let context = DriverContext {
            device: "gate".parse().expect("a slug"),
            line: Line::Http(Arc::new(self.device.clone())),
            asks: asks_in,
            reporter,
            clock: Arc::new(FixedClock),
            pushes: pushes_in,
            push_url: Some("http://10.0.0.2:8080/push/gate/secret".to_owned().into()),
            calls: mpsc::channel(1).1,
            log_position: self.mark.take(),
        };
        let notes = Arc::clone(&self.notes);
        self.driver = Some(tokio::spawn(async move {
            let end = (plan.drive)(context).await;
            let wait = end
                .wait()
                .map(|wait| format!(", wait {} s", wait.as_secs()))
                .unwrap_or_default();
            notes
                .lock()
                .expect("not poisoned")
                .push(format!("end {}: {end}{wait}", end.word()));
        }));
        let (notes, disk, alive) = (Arc::clone(&self.notes), Arc::clone(&self.disk), Arc::clone(&self.alive));
        tokio::spawn(async move {
            while let Some(told) = told.recv().await {
                let line = match told {
                    DriverReport::Facts(observation) => {
                        let answer = match *disk.lock().expect("not poisoned") {
                            Disk::Takes => Ok(()),
                            Disk::Refuses => Err(ReportError::NotNow("full".to_owned())),
                        };
                        let _ = observation.done.send(answer);
                        observation.facts.iter().map(shown).collect::<Vec<_>>().join(", ")
                    }
                    DriverReport::State(State::Online { fw }) => format!("online {}", fw.unwrap_or_default()),
                    DriverReport::State(State::Degraded { reason }) => format!("degraded {reason}"),
                    DriverReport::Question(question) => panic!("nobody asks here: {question:?}"),
                    DriverReport::Alive => {
                        *alive.lock().expect("not poisoned") += 1;
                        continue;
                    }
                };
                notes.lock().expect("not poisoned").push(line);
            }
        });
    }

    async fn push(&self, number: &str, minor: &str) {
        let entry = (number.parse().expect("number"), 5, minor.parse().expect("minor"));
        let body = format!(
            "--MIME_boundary\r\nContent-Disposition: form-data; name=\"event_log\"\r\n\r\n{}\r\n--MIME_boundary\r\n\
             Content-Disposition: form-data; name=\"Picture\"\r\nContent-Type: image/jpeg\r\n\r\n\u{7f}--MIME_boundaryJPEG\r\n--MIME_boundary--\r\n",
            stream_json(entry, true)
        );
        let (taken, answer) = oneshot::channel();
        let push = InboundPush {
            content_type: "multipart/form-data; boundary=MIME_boundary".into(),
            body: Bytes::from(body),
            accepted: taken,
        };
        self.pushes
            .as_ref()
            .expect("started")
            .send(push)
            .await
            .expect("listening");
        let answer = answer.await.is_ok_and(|taken| taken);
        self.note(format!("push {number} taken: {answer}"));
    }

    async fn ask(&mut self, words: &[&str]) {
        let (action, within) = match words {
            ["open", door, within] => (
                Action::AccessOpen {
                    door: Door(door.parse().expect("a door")),
                    reason: None,
                },
                within,
            ),
            ["reboot", within] => (Action::DeviceReboot {}, within),
            ["sync", within] => (Action::DeviceTimeSync {}, within),
            ["test", within] => (Action::DeviceTest {}, within),
            ["identify", within] => (Action::DeviceIdentify {}, within),
            other => panic!("unknown ask {other:?}"),
        };
        self.commands += 1;
        let id = CommandId::new(Timestamp::from_millis(now()), [self.commands; 10]);
        let within = time_of(within);
        let (ask, outcome) = Ask::new(
            id,
            action,
            Timestamp::from_millis(now()).plus(within),
            Instant::now() + within,
        );
        let notes = Arc::clone(&self.notes);
        let name = words.first().copied().unwrap_or_default().to_owned();
        tokio::spawn(async move {
            let outcome = serde_json::to_string(&outcome.await.expect("always settled")).expect("JSON");
            notes
                .lock()
                .expect("not poisoned")
                .push(format!("{name} settled {outcome}"));
        });
        // A send that fails drops the ask, which settles it.
        let _ = self.asks.as_ref().expect("started").send(ask).await;
    }
}

fn shown(seen: &ObservedFact) -> String {
    let what = if let Fact::DeviceReported(_) = &seen.fact {
        return "reported".to_owned();
    } else if let Fact::AccessGranted(passage) | Fact::AccessDenied(passage) = &seen.fact {
        let person = passage.person.as_ref().map(AsRef::as_ref).unwrap_or("nobody");
        format!("{} {:?} by {person}", seen.fact.name(), passage.key_kind)
    } else if let Fact::DeviceCustom(custom) = &seen.fact {
        custom.kind.to_string()
    } else {
        seen.fact.name().to_owned()
    };
    let Some(origin) = &seen.origin else { return what };
    format!(
        "{}#{} {}{}",
        origin.log,
        origin.number,
        what,
        if seen.replay { " (replay)" } else { "" }
    )
}

fn mood_of(word: &str) -> RequestBehaviour {
    match word {
        "fine" => RequestBehaviour::Fine,
        "hangs" => RequestBehaviour::Hangs,
        "busy" => RequestBehaviour::Busy,
        "garbage" => RequestBehaviour::Garbage,
        "gone" => RequestBehaviour::Gone,
        other => panic!("unknown mood {other}"),
    }
}

fn belief_of(word: &str) -> CredentialCheck {
    match word {
        "right" => CredentialCheck::Right,
        "wrong" => CredentialCheck::Wrong,
        "locked" => CredentialCheck::Locked(1790),
        "basic" => CredentialCheck::BasicOnly,
        "refuses-once" => CredentialCheck::RefusesOnce,
        other => panic!("unknown belief {other}"),
    }
}

fn time_of(word: &str) -> Duration {
    match word.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.parse().expect("milliseconds")),
        None => Duration::from_secs(word.trim_end_matches('s').parse().expect("seconds")),
    }
}
