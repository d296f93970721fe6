//! The stage: a driver with a board, pins and a disk on paper, and one log of all that happens, with the time.

use super::{
    board::{Behaviour, Board},
    pins::Chip,
};
use adapter_sdk::{
    Ask, Clock, DriverContext, DriverError, DriverReport, Line, LineSpec, PassQuestion, ReportError, Reporter, State,
    gpio::Level,
};
use expect_test::Expect;
use protocol::{
    CommandId, DeviceId, Fact, Timestamp,
    access::{AccessDecision, Presentation, Readiness},
    command::Action,
    fact::{Crossing, Decider, DenyReason, Door, Passage},
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

const NOON: Timestamp = Timestamp::from_millis(1_795_165_200_000);

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOON
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

/// What happened, line by line, with the time since the beginning.
#[derive(Debug, Clone)]
pub(super) struct Log {
    began: Instant,
    lines: Arc<Mutex<String>>,
}

impl Log {
    pub(super) fn line(&self, text: &str) {
        let millis = self.began.elapsed().as_millis();
        let line = format!("{:02}.{:03} {text}\n", millis / 1000, millis % 1000);
        self.lines.lock().expect("not poisoned").push_str(&line);
    }
}

/// What the disk does with facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Takes(Duration),
    Refuses,
}

struct DriverHarness {
    log: Log,
    board: Board,
    gate: Chip,
    reader: Chip,
    disk: Arc<Mutex<Disk>>,
    settings: Value,
    running: Option<RunningDriver>,
}

struct RunningDriver {
    asks: mpsc::Sender<Ask>,
    driver: JoinHandle<DriverError>,
}

/// Plays a script: `start`, `wait 1s`, `card 17`, `reader breaks`, `open 1 10s`, `bit 0 off`, `pass a`, `board silent`, `disk 3s`, `stop`, and
/// `end` where it ends by itself.
pub(super) async fn check(changes: Value, script: &str, expect: &Expect) {
    let mut stage = DriverHarness::new(&changes);
    for words in script
        .split(';')
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
    {
        stage.play(&words).await;
    }
    let said = stage.log.lines.lock().expect("not poisoned").clone();
    expect.assert_eq(&said);
}

impl DriverHarness {
    fn new(changes: &Value) -> Self {
        let mut settings = json!({
            "modbus": {"host": "10.0.0.9", "pulse": "flash"},
            "outputs": {"a": 0, "b": 1},
            "inputs": {"pass_a": {"at": 4}, "pass_b": {"at": 5}, "fire": {"at": 6}},
            "readers": [{"way": "wiegand", "side": "a", "chip": "/dev/gpiochip1", "d0": 17, "d1": 27}],
            "keys": [{"person": "p17", "card": 17}, {"person": "p18", "card": 18, "sides": ["b"]}],
        });
        let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
            panic!("settings are objects")
        };
        all.extend(changes.clone());
        all.retain(|_, value| !value.is_null());
        let log = Log {
            began: Instant::now(),
            lines: Arc::default(),
        };
        Self {
            board: Board::new(log.clone()),
            gate: Chip::new(log.clone(), "gate"),
            reader: Chip::new(log.clone(), "reader"),
            disk: Arc::new(Mutex::new(Disk::Takes(Duration::ZERO))),
            log,
            settings,
            running: None,
        }
    }

    async fn play(&mut self, words: &[&str]) {
        match words {
            ["start"] => self.start().await,
            ["wait", span] => sleep(self::span(span)).await,
            ["reader", "breaks"] => self.reader.break_off(),
            ["card", number] => self.reader.card(number.parse().expect("a number")),
            ["open", door, within] => self.open(door.parse().expect("a number"), span(within)).await,
            ["bit", bit, to] => self.bit(bit.parse().expect("a number"), to),
            ["pass", side] => {
                let bit = if *side == "a" { 0 } else { 1 };
                self.bit(bit, "off");
                sleep(Duration::from_millis(200)).await;
                self.bit(bit, "on");
                sleep(Duration::from_millis(200)).await;
            }
            ["board", behaviour] => *self.board.behaviour.lock().expect("not poisoned") = self::behaviour(behaviour),
            ["disk", "refuses"] => *self.disk.lock().expect("not poisoned") = Disk::Refuses,
            ["disk", span] => *self.disk.lock().expect("not poisoned") = Disk::Takes(self::span(span)),
            ["stop"] => {
                let RunningDriver { asks, driver } = self.running.take().expect("it runs");
                drop(asks);
                self.ended(driver).await;
            }
            ["end"] => {
                let RunningDriver { asks, driver } = self.running.take().expect("it runs");
                self.ended(driver).await;
                drop(asks);
            }
            _ => panic!("{words:?}?"),
        }
    }

    /// Contacts lie at inputs 4, 5 and 6 of the board; the gate's pins are active where contacts are open.
    fn bit(&self, bit: usize, to: &str) {
        let closed = to == "on";
        self.board.bits.lock().expect("not poisoned")[bit + 4] = closed;
        self.gate
            .edge(bit, if closed { Level::Inactive } else { Level::Active });
    }

    async fn start(&mut self) {
        let plan = crate::ADAPTER.plan(&self.settings).expect("good settings");
        let LineSpec::Several(wants) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let gate = if let LineSpec::Modbus(_) = &wants[0] {
            Line::Modbus(Arc::new(self.board.clone()))
        } else {
            Line::Gpio(Arc::new(self.gate.clone()))
        };
        let line = Line::Several(vec![gate, Line::Gpio(Arc::new(self.reader.clone()))]);
        let (reporter, told) = Reporter::new(16);
        let (asks, asks_in) = mpsc::channel(4);
        let context = DriverContext {
            device: "gate".parse().expect("a slug"),
            line,
            asks: asks_in,
            reporter,
            clock: Arc::new(FixedClock),
            pushes: mpsc::channel(1).1,
            push_url: None,
            calls: mpsc::channel(1).1,
            log_position: None,
        };
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        tokio::spawn(house(told, self.log.clone(), Arc::clone(&self.disk)));
        self.running = Some(RunningDriver { asks, driver });
        sleep(Duration::from_millis(10)).await;
    }

    async fn open(&self, door: u16, within: Duration) {
        let (door, reason) = (Door(door), None);
        let (action, command) = (Action::AccessOpen { door, reason }, CommandId::new(NOON, [7; 10]));
        let (ask, outcome) = Ask::new(command, action, NOON.plus(within), Instant::now() + within);
        let asks = &self.running.as_ref().expect("it runs").asks;
        asks.send(ask).await.expect("the driver lives");
        let log = self.log.clone();
        tokio::spawn(async move {
            let outcome = outcome.await.expect("an ask is always answered");
            log.line(&format!("door {}: {outcome:?}", door.0));
        });
        tokio::task::yield_now().await;
    }

    async fn ended(&self, driver: JoinHandle<DriverError>) {
        let end = timeout(Duration::from_secs(60), driver).await.expect("it ends");
        self.log.line(&format!("end: {}", end.expect("no panic").word()));
    }
}

/// Takes facts as the disk does, all that wait at once.
async fn house(mut told: mpsc::Receiver<DriverReport>, log: Log, disk: Arc<Mutex<Disk>>) {
    while let Some(told) = told.recv().await {
        match told {
            DriverReport::State(State::Online { .. }) => log.line("online"),
            DriverReport::State(State::Degraded { reason }) => log.line(&format!("degraded: {reason}")),
            DriverReport::Alive => {}
            DriverReport::Question(question) => {
                let now = *disk.lock().expect("not poisoned");
                if let Disk::Takes(span) = now {
                    tokio::spawn(rule(question, log.clone(), span));
                }
            }
            DriverReport::Facts(observation) => {
                let now = *disk.lock().expect("not poisoned");
                let Disk::Takes(span) = now else {
                    let refused = ReportError::NotNow("the disk is full".to_owned());
                    let _ = observation.done.send(Err(refused));
                    continue;
                };
                let log = log.clone();
                tokio::spawn(async move {
                    sleep(span).await;
                    observation.facts.iter().for_each(|seen| log.line(&fact(&seen.fact)));
                    let _ = observation.done.send(Ok(()));
                });
            }
        }
    }
}

/// Rules as the site does: on disk first, then the answer. A grant that is answered too late is ended by the site.
async fn rule(question: PassQuestion, log: Log, disk: Duration) {
    let Presentation {
        door,
        spot,
        dir,
        credential,
        readiness,
    } = question.shown().clone();
    let (person, reason) = match (credential.number, door) {
        (17, _) if readiness == Readiness::Occupied => (Some("p17"), Some(DenyReason::Other)),
        (17, _) => (Some("p17"), None),
        (18, Door(1)) => (Some("p18"), Some(DenyReason::NotAllowed)),
        _ => (None, Some(DenyReason::UnknownKey)),
    };
    let device: DeviceId = "gate".parse().expect("a slug");
    let passage = Passage {
        device: device.clone(),
        door: Some(door),
        spot: spot.clone(),
        dir,
        key_kind: credential.kind,
        person: person.map(str::to_owned).map(Into::into),
        reason,
        decided_by: Decider::Edge,
    };
    sleep(disk).await;
    log.line(&fact(&match reason {
        None => Fact::AccessGranted(passage),
        Some(_) => Fact::AccessDenied(passage),
    }));
    let ruling = match (reason, person) {
        (None, Some(person)) => AccessDecision::Granted {
            person: person.to_owned(),
        },
        (_, _) => AccessDecision::Denied,
    };
    if let Err(AccessDecision::Granted { person }) = question.answer(ruling) {
        sleep(disk).await;
        log.line(&fact(&Fact::AccessNotEntered(Crossing {
            device,
            door: Some(door),
            spot,
            dir,
            person: Some(person.into()),
        })));
    }
}

fn fact(fact: &Fact) -> String {
    let shape = serde_json::to_value(fact).expect("facts are JSON");
    let word = |key: &str| shape["data"][key].as_str().unwrap_or_default().to_owned();
    let door = shape["data"]["door"]
        .as_u64()
        .map_or(String::new(), |door| format!("door {door}"));
    let words = [
        fact.name().to_owned(),
        door,
        word("dir"),
        word("person"),
        word("reason"),
        word("by"),
    ];
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn behaviour(text: &str) -> Behaviour {
    match text {
        "kind" => Behaviour::Kind,
        "silent" => Behaviour::Silent,
        "refuses" => Behaviour::Refuses,
        "garbled" => Behaviour::Garbled,
        "absent" => Behaviour::Absent,
        _ => panic!("{text}?"),
    }
}

fn span(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.parse().expect("a number")),
        None => Duration::from_secs(text.strip_suffix('s').and_then(|text| text.parse().ok()).expect("5s")),
    }
}
