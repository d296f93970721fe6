//! Scripts: words to the gate, and what comes of them, line by line. Time passes only where a script waits.

use crate::{
    passage::{Elapsed, Gate, GrantId, Input, Mode, Move, Rules, Signal, Step, outputs},
    reader::Side,
};
use adapter_sdk::gpio::Level;
use expect_test::Expect;
use std::{fmt::Write as _, time::Duration};

/// Plays a script and compares: `open a`, `open a 17`, `break 0`, `on pass_a`, `off pass_a`, `pass a` for both,
/// `wait 5s`, `leave`.
pub(super) fn check(rules: &str, script: &str, expect: &Expect) {
    let mut play = Play::new(self::rules(rules));
    for words in script
        .split(';')
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
    {
        play.say(&words);
    }
    expect.assert_eq(&play.said);
}

pub(super) fn rules(text: &str) -> Rules {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mode, grants) = match words[..] {
        ["pulse", width] => (Mode::Pulse { width: span(width) }, 1),
        ["potential"] => (Mode::Potential, 1),
        ["potential", "grants", grants] => (Mode::Potential, grants.parse().expect("a number")),
        _ => panic!("{text}?"),
    };
    Rules {
        mode,
        wait: Duration::from_secs(5),
        grants,
        stuck: Duration::from_secs(10),
    }
}

struct Play {
    rules: Rules,
    gate: Gate,
    now: Elapsed,
    said: String,
}

impl Play {
    fn new(rules: Rules) -> Self {
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
            ["open", at] => self.take(Input::Open(side(at), None)),
            ["open", at, person] => self.take(Input::Open(side(at), Some((*person).to_owned()))),
            ["break", id] => self.take(Input::Break(GrantId(id.parse().expect("a number")))),
            ["on", input] => self.take(Input::Sensed(signal(input), Level::Active)),
            ["off", input] => self.take(Input::Sensed(signal(input), Level::Inactive)),
            ["pass", at] => {
                self.take(Input::Sensed(Signal::Pass(side(at)), Level::Inactive));
                self.take(Input::Sensed(Signal::Pass(side(at)), Level::Active));
                self.take(Input::Sensed(Signal::Pass(side(at)), Level::Inactive));
            }
            ["leave"] => self.take(Input::Leave),
            _ => panic!("{words:?}?"),
        }
    }

    /// Lets time pass as the driver does: it looks again whenever the gate says that something is due.
    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.gate.next().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.take(Input::Tick);
        }
        self.now = end;
    }

    fn take(&mut self, input: Input) {
        match self.gate.decide(input, self.now) {
            Ok(steps) => steps.iter().for_each(|step| self.write(step)),
            Err(refusal) => self.line(&format!("{refusal:?}").to_lowercase()),
        }
    }

    fn write(&mut self, step: &Step) {
        self.gate.apply(step);
        let mut text = match step {
            Step::Opened(grant, _) => format!("opened {:?}#{}", grant.side, grant.id.0),
            Step::Locked(side, _) => format!("locked {side:?}"),
            Step::Entered(grant) => format!("entered {:?}#{}", grant.side, grant.id.0),
            Step::NotEntered(grant) => format!("not entered {:?}#{}", grant.side, grant.id.0),
            Step::Forced(Some(side)) => format!("forced {side:?}"),
            Step::Forced(None) => "forced".to_owned(),
            Step::Sensed(..) => return,
            Step::Stuck(signal) => format!("stuck {signal:?}"),
            Step::Freed(signal) => format!("freed {signal:?}"),
            Step::Emergency => "emergency".to_owned(),
            Step::Calm(_) => "calm".to_owned(),
        };
        for (side, moved) in outputs(&self.rules, step) {
            let moved = match moved {
                Move::Pulse(width) => format!("pulse {width:?}"),
                Move::Hold(limit) => format!("hold {limit:?}"),
                Move::Release => "release".to_owned(),
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
