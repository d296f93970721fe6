//! What an input means for the gate as it is.
//!
//! Time that went by counts first: whoever is let through now is let through by the gate of now.

use super::{
    gate::{Gate, GateControl, LATE, ReportState},
    grant_queue::GrantStage,
    step::{Elapsed, GateInput, GateStep, Grant, GrantId, Refusal, Signal},
};
use crate::reader::Side;
use adapter_sdk::gpio::Level;
use protocol::text::PersonNumber;

impl Gate {
    /// What happens, in order; each step is to be applied. A refusal changes nothing.
    pub(crate) fn decide(&self, input: GateInput, now: Elapsed) -> Result<Vec<GateStep>, Refusal> {
        let mut ahead = GateDecision {
            gate: self.clone(),
            steps: Vec::new(),
        };
        ahead.lapse(now);
        ahead.take(input, now)?;
        Ok(ahead.steps)
    }

    /// When time alone changes something next, if nothing else happens.
    pub(crate) fn next(&self) -> Option<Elapsed> {
        let ends = Side::BOTH.iter().flat_map(|side| {
            let lane = self.grant_queue(*side);
            let by_itself = lane.grants().filter(|one| one.stage != GrantStage::Open);
            by_itself.map(|one| one.until).chain(lane.open_until())
        });
        let stuck = self.signals.keys().filter_map(|signal| self.stuck_from(*signal));
        ends.chain(stuck).chain(self.alarm_from()).min()
    }

    /// Whether somebody could be let through at a side now, besides so many who were asked about and are not ruled on yet.
    pub(crate) fn may_open(&self, side: Side, asked: usize) -> Result<(), Refusal> {
        if self.control == GateControl::Fire {
            return Err(Refusal::Emergency);
        }
        if self.level(Signal::Ready) == Some(Level::Inactive) {
            return Err(Refusal::NotReady);
        }
        // Those who only finish their passage take nobody's place.
        let waiting = self
            .grant_queue(side)
            .grants()
            .filter(|one| one.stage != GrantStage::Closing);
        if waiting.count() + asked >= self.rules.grants {
            return Err(Refusal::Busy);
        }
        Ok(())
    }

    /// Whether this person has a grant there that has not ended.
    pub(crate) fn expects(&self, side: Side, person: &PersonNumber) -> bool {
        let waiting = self
            .grant_queue(side)
            .grants()
            .filter(|one| one.stage != GrantStage::Closing);
        let mut persons = waiting.filter_map(|standing| standing.grant.person.as_ref());
        persons.any(|known| known == person)
    }

    fn level(&self, signal: Signal) -> Option<Level> {
        self.signals.get(&signal).map(|sensed| sensed.level)
    }

    /// From when on an input counts as stuck, if it stays as it is and nobody was told.
    fn stuck_from(&self, signal: Signal) -> Option<Elapsed> {
        let sensed = self.signals.get(&signal)?;
        let wrong = match signal {
            Signal::Pass(_) | Signal::Detector => Level::Active,
            Signal::Ready => Level::Inactive,
            Signal::Alarm | Signal::Fire => return None,
        };
        let wrong =
            sensed.level == wrong && sensed.reported == ReportState::NotYet && self.control == GateControl::Ours;
        wrong.then(|| sensed.since + self.rules.stuck)
    }

    /// From when on the alarm input is believed, if it stays active and nobody was told.
    fn alarm_from(&self) -> Option<Elapsed> {
        let sensed = self.signals.get(&Signal::Alarm)?;
        let open = Side::BOTH
            .iter()
            .any(|side| self.grant_queue(*side).open_until().is_some());
        let news = sensed.level == Level::Active && sensed.reported == ReportState::NotYet;
        (news && !open && self.control == GateControl::Ours).then(|| sensed.since.max(self.alarm_ignored_until))
    }
}

/// A gate that the steps decided so far were applied to.
struct GateDecision {
    gate: Gate,
    steps: Vec<GateStep>,
}

impl GateDecision {
    fn step(&mut self, step: GateStep) {
        self.gate.apply(&step);
        self.steps.push(step);
    }

    /// What time alone brought about.
    fn lapse(&mut self, now: Elapsed) {
        for side in Side::BOTH {
            if let Some(until) = self.gate.grant_queue(side).open_until().filter(|until| *until <= now) {
                self.step(GateStep::Locked(side, until + LATE));
            }
            let lane = self.gate.grant_queue(side);
            let over = lane.at(GrantStage::Closing).filter(|one| one.until <= now);
            let over: Vec<Grant> = over.map(|one| one.grant.clone()).collect();
            over.into_iter()
                .for_each(|grant| self.step(GateStep::NotEntered(grant)));
        }
        let signals: Vec<Signal> = self.gate.signals.keys().copied().collect();
        for signal in signals {
            if self.gate.stuck_from(signal).is_some_and(|from| from <= now) {
                self.step(GateStep::Stuck(signal));
            }
        }
        if self.gate.alarm_from().is_some_and(|from| from <= now) {
            self.step(GateStep::Forced(None));
        }
    }

    fn take(&mut self, input: GateInput, now: Elapsed) -> Result<(), Refusal> {
        match input {
            GateInput::Open(side, person) => {
                let grant = self.grant(side, person)?;
                self.step(GateStep::Opened(grant, now + self.gate.rules.wait));
            }
            GateInput::Cancel(id) => self.give_up(id, now)?,
            GateInput::Sensed(signal, level) => self.sensed(signal, level, now),
            GateInput::Tick => {}
            GateInput::Shutdown => self.end_all(),
        }
        Ok(())
    }

    /// A grant with the next number. Whoever has only just missed the gate makes room for it.
    fn grant(&mut self, side: Side, person: Option<PersonNumber>) -> Result<Grant, Refusal> {
        self.gate.may_open(side, 0)?;
        let missed: Vec<Grant> = self
            .gate
            .grant_queue(side)
            .at(GrantStage::Closing)
            .map(|one| one.grant.clone())
            .collect();
        missed
            .into_iter()
            .for_each(|grant| self.step(GateStep::NotEntered(grant)));
        let id = GrantId(self.gate.grants);
        Ok(Grant { id, side, person })
    }

    fn give_up(&mut self, id: GrantId, now: Elapsed) -> Result<(), Refusal> {
        let found = Side::BOTH
            .iter()
            .find_map(|side| self.gate.grant_queue(*side).grant(id));
        let grant = found.cloned().ok_or(Refusal::Over)?;
        let side = grant.side;
        let was_open = self.gate.grant_queue(side).open_until().is_some();
        self.step(GateStep::NotEntered(grant));
        if was_open && self.gate.grant_queue(side).open_until().is_none() {
            self.step(GateStep::Locked(side, now + LATE));
        }
        Ok(())
    }

    fn end_all(&mut self) {
        let standing = Side::BOTH.iter().flat_map(|side| self.gate.grant_queue(*side).grants());
        let all: Vec<Grant> = standing.map(|standing| standing.grant.clone()).collect();
        all.into_iter().for_each(|grant| self.step(GateStep::NotEntered(grant)));
    }

    fn sensed(&mut self, signal: Signal, level: Level, now: Elapsed) {
        let before = self.gate.signals.get(&signal).copied();
        if before.is_some_and(|before| before.level == level) {
            return;
        }
        self.step(GateStep::Sensed(signal, level, now));
        if before.is_some_and(|before| before.reported == ReportState::Already) && signal != Signal::Alarm {
            self.step(GateStep::Cleared(signal));
        }
        match (signal, level) {
            // How an input is when we first look is nobody's doing.
            (Signal::Pass(side), Level::Active) if before.is_some() => self.passed(side, now),
            (Signal::Fire, Level::Active) => {
                self.end_all();
                self.step(GateStep::Emergency);
            }
            (Signal::Fire, Level::Inactive) if before.is_some() => self.step(GateStep::EmergencyEnded(now)),
            (Signal::Alarm, Level::Active) => self.lapse(now),
            (Signal::Pass(_) | Signal::Ready | Signal::Detector | Signal::Alarm | Signal::Fire, _) => {}
        }
    }

    fn passed(&mut self, side: Side, now: Elapsed) {
        if self.gate.control == GateControl::Fire {
            return;
        }
        let lane = self.gate.grant_queue(side);
        let was_open = lane.open_until().is_some();
        match lane.passing().cloned() {
            Some(grant) => {
                self.step(GateStep::Entered(grant));
                if was_open && self.gate.grant_queue(side).open_until().is_none() {
                    self.step(GateStep::Locked(side, now + LATE));
                }
            }
            None if now >= self.gate.excused_until => self.step(GateStep::Forced(Some(side))),
            None => {}
        }
    }
}
