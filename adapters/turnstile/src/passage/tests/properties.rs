//! Properties of whatever may happen to a gate, in any order and at any time.

use super::script::rules;
use crate::{
    passage::{Elapsed, Gate, GateInput, GateRules, GateStep, GrantId, OutputAction, Signal, outputs},
    reader::Side,
};
use adapter_sdk::gpio::Level;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::A), Just(Side::B)]
}

fn inputs() -> impl Strategy<Value = GateInput> {
    let signals = prop_oneof![
        6 => sides().prop_map(Signal::Pass),
        1 => Just(Signal::Ready),
        1 => Just(Signal::Alarm),
        1 => Just(Signal::Detector),
        1 => Just(Signal::Fire),
    ];
    let levels = prop_oneof![Just(Level::Active), Just(Level::Inactive)];
    prop_oneof![
        3 => sides().prop_map(|side| GateInput::Open(side, Some("17".into()))),
        1 => (0..20_u64).prop_map(|id| GateInput::Cancel(GrantId(id))),
        3 => sides().prop_map(|side| GateInput::Open(side, None)),
        8 => (signals, levels).prop_map(|(signal, level)| GateInput::Sensed(signal, level)),
        1 => Just(GateInput::Tick),
    ]
}

fn gates() -> impl Strategy<Value = GateRules> {
    prop_oneof![
        Just(rules("pulse 200ms")),
        Just(rules("potential")),
        Just(rules("potential grants 2")),
    ]
}

/// Watches a gate and keeps count of what must hold.
struct GateMonitor {
    rules: GateRules,
    gate: Gate,
    steps: Vec<GateStep>,
    /// Until when each output may be active at the latest.
    active: BTreeMap<Side, Elapsed>,
    begun: BTreeSet<GrantId>,
    ended: BTreeSet<GrantId>,
    fire: Level,
    now: Elapsed,
}

impl GateMonitor {
    fn new(rules: GateRules) -> Self {
        Self {
            gate: Gate::new(rules.clone()),
            rules,
            steps: Vec::new(),
            active: BTreeMap::new(),
            begun: BTreeSet::new(),
            ended: BTreeSet::new(),
            fire: Level::Inactive,
            now: Elapsed::ZERO,
        }
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.gate.next().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let before = self.gate.clone();
            self.take(GateInput::Tick);
            assert_ne!(before, self.gate, "what is due happens when it is due");
            self.limits();
        }
        self.now = end;
        self.limits();
    }

    fn take(&mut self, input: GateInput) {
        let Ok(steps) = self.gate.decide(input, self.now) else {
            return;
        };
        for step in steps {
            self.gate.apply(&step);
            self.moved(&step);
            self.counted(&step);
            self.steps.push(step);
        }
    }

    fn moved(&mut self, step: &GateStep) {
        for (side, moved) in outputs(&self.rules, step) {
            match moved {
                OutputAction::Pulse(width) => drop(self.active.insert(side, self.now + width)),
                OutputAction::Hold(limit) => drop(self.active.insert(side, self.now + limit)),
                OutputAction::Release => drop(self.active.remove(&side)),
            }
            assert!(
                self.fire == Level::Inactive || moved == OutputAction::Release,
                "{step:?} in a fire"
            );
        }
    }

    fn counted(&mut self, step: &GateStep) {
        match step {
            GateStep::Opened(grant, _) => {
                assert!(self.begun.insert(grant.id), "{step:?} again");
                assert!(!self.ended.contains(&grant.id), "{step:?} after its end");
            }
            GateStep::Entered(grant) | GateStep::NotEntered(grant) => {
                assert!(self.begun.contains(&grant.id), "{step:?} of nobody");
                assert!(self.ended.insert(grant.id), "{step:?} twice");
            }
            GateStep::Sensed(Signal::Fire, level, _) => self.fire = *level,
            GateStep::Locked(..)
            | GateStep::Forced(_)
            | GateStep::Sensed(..)
            | GateStep::Stuck(_)
            | GateStep::Cleared(_)
            | GateStep::Emergency
            | GateStep::EmergencyEnded(_) => {}
        }
    }

    /// A pulse ends by itself; what is held was released in time.
    fn limits(&mut self) {
        for (side, until) in &self.active {
            let pulsed = matches!(self.rules.mode, crate::passage::GateMode::Pulse { .. });
            assert!(pulsed || self.now < *until, "{side:?} is held past {until:?}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens(rules in gates(), history in prop::collection::vec((0..4000_u64, inputs()), 1..80)) {
        let mut watch = GateMonitor::new(rules.clone());
        for (millis, input) in history {
            watch.wait(Duration::from_millis(millis));
            watch.take(input);
        }
        watch.take(GateInput::Shutdown);
        prop_assert_eq!(&watch.begun, &watch.ended, "every grant has one end");

        let mut again = Gate::new(rules);
        watch.steps.iter().for_each(|step| again.apply(step));
        prop_assert_eq!(again, watch.gate, "the same steps make the same gate");
    }

    #[test]
    fn every_passage_is_somebodys_or_forced(passes in prop::collection::vec((0..3000_u64, sides(), any::<bool>()), 1..40)) {
        let mut watch = GateMonitor::new(rules("pulse 200ms"));
        let pass = |watch: &mut GateMonitor, side, level| watch.take(GateInput::Sensed(Signal::Pass(side), level));
        pass(&mut watch, Side::A, Level::Inactive);
        pass(&mut watch, Side::B, Level::Inactive);
        let mut passed = 0;
        for (millis, side, granted) in passes {
            watch.wait(Duration::from_millis(millis));
            if granted {
                watch.take(GateInput::Open(side, None));
            }
            pass(&mut watch, side, Level::Active);
            pass(&mut watch, side, Level::Inactive);
            passed += 1;
        }
        let is_passage = |step: &&GateStep| matches!(step, GateStep::Entered(_) | GateStep::Forced(Some(_)));
        prop_assert_eq!(watch.steps.iter().filter(is_passage).count(), passed);
    }
}
