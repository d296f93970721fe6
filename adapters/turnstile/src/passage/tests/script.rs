//! Scripts: words to the gate, and what comes of them, line by line. Time passes only where a script waits.

use crate::{
    passage::{Elapsed, Gate, GateInput, GateMode, GateRules, GateStep, GrantId, OutputAction, Signal, outputs},
    reader::Side,
};
use adapter_sdk::gpio::Level;
use expect_test::Expect;
use std::{fmt::Write as _, time::Duration};

/// Plays a script and compares: `open a`, `open a 17`, `break 0`, `on pass_a`, `off pass_a`, `pass a` for both,
/// `wait 5s`, `leave`.
pub(super) fn check(rules: &str, script: &str, expect: &Expect) {
    let mut play = ScriptRun::new(self::rules(rules));
    for words in script
        .split(';')
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
    {
        play.say(&words);
    }
    expect.assert_eq(&play.said);
}

pub(super) fn rules(text: &str) -> GateRules {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mode, grants) = match words[..] {
        ["pulse", width] => (GateMode::Pulse { width: span(width) }, 1),
        ["potential"] => (GateMode::Potential, 1),
        ["potential", "grants", grants] => (GateMode::Potential, grants.parse().expect("a number")),
        _ => panic!("{text}?"),
    };
    GateRules {
        mode,
        wait: Duration::from_secs(5),
        grants,
        stuck: Duration::from_secs(10),
    }
}

struct ScriptRun {
    rules: GateRules,
    gate: Gate,
    now: Elapsed,
    said: String,
}

impl ScriptRun {
    fn new(rules: GateRules) -> Self {
        Self {
            gate: Gate::new(rules.clone()),
            rules,
            now: Elapsed::ZERO,
            said: String::new(),
        }
    }

    fn say(&mut self, words: &[&str]) {
        match words {
            ["wait", span_] => self.wait(span(span_)),
            ["open", at] => self.take(GateInput::Open(side(at), None)),
            ["open", at, person] => self.take(GateInput::Open(side(at), Some((*person).into()))),
            ["break", id] => self.take(GateInput::Cancel(GrantId(id.parse().expect("a number")))),
            ["on", input] => self.take(GateInput::Sensed(signal(input), Level::Active)),
            ["off", input] => self.take(GateInput::Sensed(signal(input), Level::Inactive)),
            ["pass", at] => {
                self.take(GateInput::Sensed(Signal::Pass(side(at)), Level::Inactive));
                self.take(GateInput::Sensed(Signal::Pass(side(at)), Level::Active));
                self.take(GateInput::Sensed(Signal::Pass(side(at)), Level::Inactive));
            }
            ["leave"] => self.take(GateInput::Shutdown),
            _ => panic!("{words:?}?"),
        }
    }

    /// Lets time pass as the driver does: it looks again whenever the gate says that something is due.
    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.gate.next().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.take(GateInput::Tick);
        }
        self.now = end;
    }

    fn take(&mut self, input: GateInput) {
        match self.gate.decide(input, self.now) {
            Ok(steps) => steps.iter().for_each(|step| self.write(step)),
            Err(refusal) => self.line(&format!("{refusal:?}").to_lowercase()),
        }
    }

    fn write(&mut self, step: &GateStep) {
        self.gate.apply(step);
        let mut text = match step {
            GateStep::Opened(grant, _) => format!("opened {:?}#{}", grant.side, grant.id.0),
            GateStep::Locked(side, _) => format!("locked {side:?}"),
            GateStep::Entered(grant) => format!("entered {:?}#{}", grant.side, grant.id.0),
            GateStep::NotEntered(grant) => format!("not entered {:?}#{}", grant.side, grant.id.0),
            GateStep::Forced(Some(side)) => format!("forced {side:?}"),
            GateStep::Forced(None) => "forced".to_owned(),
            GateStep::Sensed(..) => return,
            GateStep::Stuck(signal) => format!("stuck {signal:?}"),
            GateStep::Cleared(signal) => format!("freed {signal:?}"),
            GateStep::Emergency => "emergency".to_owned(),
            GateStep::EmergencyEnded(_) => "calm".to_owned(),
        };
        for (side, moved) in outputs(&self.rules, step) {
            let moved = match moved {
                OutputAction::Pulse(width) => format!("pulse {width:?}"),
                OutputAction::Hold(limit) => format!("hold {limit:?}"),
                OutputAction::Release => "release".to_owned(),
            };
            write!(text, ", {side:?} {moved}").expect("text");
        }
        self.line(&text);
    }

    fn line(&mut self, text: &str) {
        let millis = self.now.as_millis();
        writeln!(self.said, "{:02}.{:03} {text}", millis / 1000, millis % 1000).expect("text");
    }
}

fn span(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.parse().expect("a number")),
        None => Duration::from_secs(text.strip_suffix('s').and_then(|text| text.parse().ok()).expect("5s")),
    }
}

fn side(text: &str) -> Side {
    match text {
        "a" => Side::A,
        "b" => Side::B,
        _ => panic!("side {text}?"),
    }
}

fn signal(text: &str) -> Signal {
    match text {
        "pass_a" => Signal::Pass(Side::A),
        "pass_b" => Signal::Pass(Side::B),
        "ready" => Signal::Ready,
        "alarm" => Signal::Alarm,
        "detector" => Signal::Detector,
        "fire" => Signal::Fire,
        _ => panic!("input {text}?"),
    }
}
