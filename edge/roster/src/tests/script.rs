//! Plays a script: one step per `;`, one line of what happened per fact decided.

use crate::{
    AdmitError, DevicePresence, EdgeIds, JournalSpace, Leases, Novelty, Roster, admit, apply,
    decide::{CommandAcceptance, enlist, interrupted, lease_renewed, presence, receive, settle},
    leases_expired,
};
use edge_app::Moment;
use expect_test::Expect;
use protocol::{
    Actor, ClockState, Command, CommandId, DeviceId, EdgeId, Event, EventId, Fact, OrgId, Origin, Outcome, Reason,
    Timestamp,
    command::Action,
    fact::{DeviceIdentity, Door, DoorChange},
};
use std::{fmt::Write as _, time::Duration};

pub(super) const NOON: i64 = 1_790_000_000_000;

/// Plays `script` on an empty roster and compares what happened.
pub(super) fn check(script: &str, expected: &Expect) {
    let mut play = RosterScript::default();
    for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        play.step(step);
    }
    expected.assert_eq(&play.said);
}

/// A roster, a clock turned by hand, and what was said so far.
pub(super) struct RosterScript {
    pub(super) roster: Roster,
    pub(super) said: String,
    leases: Leases,
    up_ms: u64,
    clock: ClockState,
    room: JournalSpace,
}

impl Default for RosterScript {
    fn default() -> Self {
        Self {
            roster: Roster::default(),
            said: String::new(),
            leases: Leases::default(),
            up_ms: 0,
            clock: ClockState::Synced,
            room: JournalSpace::Left,
        }
    }
}

impl RosterScript {
    pub(super) fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        let decided: Vec<Fact> = match words[..] {
            ["pair", name] => enlist(&self.roster, found(name, None, None)).into_iter().collect(),
            ["pair", name, adapter, address] => {
                let decided = enlist(&self.roster, found(name, Some(adapter), Some(address)));
                decided.into_iter().collect()
            }
            ["online", name] => self.presence(name, DevicePresence::Online, None),
            ["online", name, fw] => self.presence(name, DevicePresence::Online, Some(fw.into())),
            ["offline", name, reason] => self.presence(name, DevicePresence::Offline { reason: reason.into() }, None),
            ["degraded", name, reason] => self.presence(name, DevicePresence::Degraded { reason: reason.into() }, None),
            ["retire", name] => self.presence(name, DevicePresence::Retired, None),
            ["heard", name] => {
                self.leases.renew(&id(name), self.up_ms);
                lease_renewed(&self.roster, &id(name)).into_iter().collect()
            }
            ["lease", name, ms] => {
                self.leases.set_term(id(name), Some(number(ms)));
                Vec::new()
            }
            ["wait", ms] => {
                self.up_ms += number(ms);
                leases_expired(&self.roster, &self.leases, self.up_ms)
            }
            ["close", name] => self.close(name, name, None),
            ["close", name, "as", speaker] => self.close(name, speaker, None),
            ["close", name, log, entry] => self.close(name, name, Some((log, number(entry)))),
            _ => self.ask(&words),
        };
        for fact in decided {
            self.happen(fact, Actor::Edge, None);
        }
    }

    /// Steps that concern commands, and what they depend on.
    fn ask(&mut self, words: &[&str]) -> Vec<Fact> {
        match words {
            ["distrust", "clock"] => {
                self.clock = ClockState::Estimated;
                Vec::new()
            }
            ["fill", "disk"] => {
                self.room = JournalSpace::UsedUp;
                Vec::new()
            }
            ["open", which, name, age_ms, life_ms] => {
                self.receive(&command(number(which), Some(name), door(), age_ms, number(life_ms)))
            }
            ["identify", which, name, age_ms, life_ms] => {
                let action = Action::DeviceIdentify {};
                self.receive(&command(number(which), Some(name), action, age_ms, number(life_ms)))
            }
            ["flush", which] => self.receive(&command(number(which), None, Action::JournalFlush {}, "0", 1000)),
            ["reboot", which] => self.receive(&command(number(which), None, Action::DeviceReboot {}, "0", 1000)),
            ["elsewhere", which, name] => {
                let here = command(number(which), Some(name), door(), "0", 1000);
                let edge = EdgeId::new(Timestamp::from_millis(2), [2; 10]);
                self.receive(&Command { edge, ..here })
            }
            ["foreign", which, name] => {
                let here = command(number(which), Some(name), door(), "0", 1000);
                let org = OrgId::new(Timestamp::from_millis(2), [2; 10]);
                self.receive(&Command { org, ..here })
            }
            ["settle", which, how] => {
                let decided = settle(&self.roster, command_id(number(which)), outcome(how), self.now());
                decided.into_iter().collect()
            }
            ["restart"] => interrupted(&self.roster, self.now()),
            _ => panic!("no such step: {words:?}"),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOON + self.up_ms as i64)
    }

    fn presence(&self, name: &str, wanted: DevicePresence, fw: Option<String>) -> Vec<Fact> {
        presence(&self.roster, &id(name), wanted, fw.map(Into::into))
            .into_iter()
            .collect()
    }

    fn receive(&mut self, command: &Command) -> Vec<Fact> {
        let now = Moment {
            at: self.now(),
            clock: self.clock,
            offset_seconds: 0,
        };
        match receive(&self.roster, command, me(), now, self.room) {
            CommandAcceptance::Known => {
                self.said.push_str("known\n");
                Vec::new()
            }
            CommandAcceptance::Accepted(fact) => {
                assert!(matches!(fact, Fact::CommandAccepted(_)));
                vec![fact]
            }
            CommandAcceptance::Ended(fact) => vec![fact],
        }
    }

    fn close(&mut self, name: &str, speaker: &str, entry: Option<(&str, u64)>) -> Vec<Fact> {
        let fact = Fact::AccessClosed(DoorChange {
            device: id(name),
            door: None,
            spot: None,
            by: None,
        });
        let origin = entry.map(|(log, number)| Origin {
            log: log.into(),
            number,
            at: None,
            code: None,
        });
        let actor = Actor::Device { id: id(speaker) };
        match admit(&self.roster, &actor, &fact, origin.as_ref()) {
            Ok(Novelty::New) => self.happen(fact, actor, origin),
            Ok(Novelty::Known) => self.said.push_str("known\n"),
            Err(AdmitError::UnknownDevice(device)) => writeln!(self.said, "unknown {device}").expect("a string"),
            Err(AdmitError::NotYours(device)) => writeln!(self.said, "not {device}'s").expect("a string"),
        }
        Vec::new()
    }

    pub(super) fn happen(&mut self, fact: Fact, actor: Actor, origin: Option<Origin>) {
        self.said.push_str(&told(&fact));
        self.said.push('\n');
        let event = event(fact, actor, origin, self.now());
        apply(&mut self.roster, &event);
    }
}

/// A fact in one line: its name, and what tells it from others of that name.
fn told(fact: &Fact) -> String {
    let fact = serde_json::to_value(fact).expect("a fact is JSON");
    let mut line = fact["name"].as_str().expect("a name").to_owned();
    for key in ["device", "adapter", "address", "action", "reason", "detail", "fw"] {
        if let Some(word) = fact["data"][key].as_str() {
            line = format!("{line} {word}");
        }
    }
    match fact["data"]["took_ms"].as_u64() {
        Some(ms) => format!("{line} {ms} ms"),
        None => line,
    }
}

fn event(fact: Fact, actor: Actor, origin: Option<Origin>, at: Timestamp) -> Event {
    Event {
        id: EventId::new(at, [3; 10]),
        v: 1,
        at,
        clock: ClockState::Synced,
        boot: 1,
        up_ms: 0,
        actor,
        subj: None,
        corr: None,
        replay: false,
        origin,
        pii: 0,
        fact,
    }
}

pub(super) fn me() -> EdgeIds {
    let at = Timestamp::from_millis(1);
    EdgeIds {
        edge: EdgeId::new(at, [1; 10]),
        org: OrgId::new(at, [1; 10]),
    }
}

pub(super) fn id(name: &str) -> DeviceId {
    name.parse().expect("a slug")
}

pub(super) fn command_id(number: u64) -> CommandId {
    let mut entropy = [0; 10];
    entropy[2..].copy_from_slice(&number.to_be_bytes());
    CommandId::new(Timestamp::from_millis(NOON), entropy)
}

fn found(name: &str, adapter: Option<&str>, address: Option<&str>) -> DeviceIdentity {
    DeviceIdentity {
        device: id(name),
        kind: "gate".into(),
        adapter: adapter.map(|adapter| adapter.parse().expect("a slug")),
        address: address.map(str::to_owned).map(Into::into),
    }
}

fn command(which: u64, device: Option<&str>, action: Action, age_ms: &str, life_ms: u64) -> Command {
    let age_ms: i64 = age_ms.parse().expect("milliseconds");
    let created = Timestamp::from_millis(NOON - age_ms);
    Command {
        id: command_id(which),
        org: me().org,
        edge: me().edge,
        device: device.map(id),
        action,
        by: "tester".into(),
        created,
        expires: created.plus(Duration::from_millis(life_ms)),
    }
}

fn door() -> Action {
    Action::AccessOpen {
        door: Door(1),
        reason: None,
    }
}

fn outcome(how: &str) -> Outcome {
    match how {
        "ok" => Outcome::Ok { detail: None },
        "failed" => Outcome::Failed {
            reason: Reason::Hardware,
            detail: None,
        },
        "rejected" => Outcome::Rejected {
            reason: Reason::Busy,
            detail: None,
        },
        "expired" => Outcome::Expired,
        _ => panic!("no such outcome: {how}"),
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
