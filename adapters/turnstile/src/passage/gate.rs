//! The gate as the steps so far have made it.
//!
//! A step only changes what is known; it decides nothing.

use super::{
    grant_queue::GrantQueue,
    rules::GateRules,
    step::{Elapsed, GateStep, Signal},
};
use crate::reader::Side;
use adapter_sdk::gpio::Level;
use std::{collections::BTreeMap, time::Duration};

/// How long after the lock a passage still counts for the grant: somebody was in the arms already.
pub(super) const LATE: Duration = Duration::from_secs(1);
/// How long after a lock the alarm input is not believed (PERCo TTR-08A).
const QUIET: Duration = Duration::from_secs(3);

/// Who has the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GateControl {
    /// We have.
    Ours,
    /// The fire alarm.
    Fire,
}

/// An input as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InputState {
    pub(super) level: Level,
    pub(super) since: Elapsed,
    pub(super) reported: ReportState,
}

/// Whether what is wrong with an input was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReportState {
    NotYet,
    Already,
}

/// The gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    pub(super) rules: GateRules,
    a: GrantQueue,
    b: GrantQueue,
    pub(super) control: GateControl,
    pub(super) signals: BTreeMap<Signal, InputState>,
    /// Until then the alarm input is not believed.
    pub(super) alarm_ignored_until: Elapsed,
    /// Until then passages without a grant are excused: a fire opened the gate.
    pub(super) excused_until: Elapsed,
    /// Grants given so far.
    pub(super) grants: u64,
}

impl Gate {
    /// A gate at rest, about which nothing is known yet.
    pub(crate) fn new(rules: GateRules) -> Self {
        Self {
            rules,
            a: GrantQueue::default(),
            b: GrantQueue::default(),
            control: GateControl::Ours,
            signals: BTreeMap::new(),
            alarm_ignored_until: Elapsed::ZERO,
            excused_until: Elapsed::ZERO,
            grants: 0,
        }
    }

    /// Makes a step so.
    pub(crate) fn apply(&mut self, step: &GateStep) {
        match step {
            GateStep::Opened(grant, until) => {
                self.grants = self.grants.max(grant.id.0 + 1);
                self.grant_queue_mut(grant.side).open(grant, *until);
            }
            GateStep::Locked(side, until) => {
                self.grant_queue_mut(*side).lock(*until);
                self.alarm_ignored_until = *until + QUIET.saturating_sub(LATE);
            }
            GateStep::Entered(grant) | GateStep::NotEntered(grant) => self.grant_queue_mut(grant.side).end(grant.id),
            GateStep::Forced(Some(_)) => {}
            GateStep::Forced(None) => self.tell(Signal::Alarm, ReportState::Already),
            GateStep::Sensed(signal, level, since) => {
                let (level, since) = (*level, *since);
                // An alarm that is there when we first look was told by whoever looked before.
                let told = match self.signals.get(signal) {
                    None if *signal == Signal::Alarm => ReportState::Already,
                    None | Some(_) => ReportState::NotYet,
                };
                self.signals.insert(
                    *signal,
                    InputState {
                        level,
                        since,
                        reported: told,
                    },
                );
            }
            GateStep::Stuck(signal) => self.tell(*signal, ReportState::Already),
            GateStep::Cleared(_) => {}
            GateStep::Emergency => self.control = GateControl::Fire,
            GateStep::EmergencyEnded(at) => {
                self.control = GateControl::Ours;
                self.alarm_ignored_until = *at + QUIET;
                self.excused_until = *at + QUIET;
            }
        }
    }

    fn tell(&mut self, signal: Signal, told: ReportState) {
        if let Some(sensed) = self.signals.get_mut(&signal) {
            sensed.reported = told;
        }
    }

    pub(super) fn grant_queue(&self, side: Side) -> &GrantQueue {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn grant_queue_mut(&mut self, side: Side) -> &mut GrantQueue {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }
}
