//! The gate as a state machine: who was let through, who passed, and what the outputs have to do for it.
//!
//! Pure: no IO and no clock; time comes in as an argument, what happens comes out as steps, and the same steps make the
//! same gate. Never true of it: a grant without exactly one end; an output moved while the fire input is active; anybody
//! let through because of something that happened before. Semantics: facts/devices.md §3.1 (PERCo TTR-10A, TTD-03, TTR-08A).

mod decide;
mod grant_queue;
mod output;

pub(crate) use output::{OutputAction, outputs};

use crate::reader::Side;
use adapter_sdk::gpio::Level;
use grant_queue::GrantQueue;
use std::{collections::BTreeMap, time::Duration};

/// A moment: time since the run began, on the monotonic clock.
pub(crate) type Elapsed = Duration;

/// How long after the lock a passage still counts for the grant: somebody was in the arms already.
const LATE: Duration = Duration::from_secs(1);
/// How long after a lock the alarm input is not believed (PERCo TTR-08A).
const QUIET: Duration = Duration::from_secs(3);

/// What the settings say about the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateRules {
    /// How it is told to let somebody through.
    pub(crate) mode: GateMode,
    /// How long somebody has to pass: in pulse mode the controller's own time, in potential mode ours.
    pub(crate) wait: Duration,
    /// How many at one side may have a grant at the same time.
    pub(crate) grants: usize,
    /// A PASS or detector input active for longer than this is stuck, and a READY input that is not, too.
    pub(crate) stuck: Duration,
}

/// How a gate is told to let somebody through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateMode {
    /// A pulse; its controller waits for a passage by itself.
    Pulse {
        /// Of this length.
        width: Duration,
    },
    /// The output is held until somebody passed or the time is over.
    Potential,
}

/// An input of the edge, an output of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// Somebody passed who came from this side.
    Pass(Side),
    /// The gate takes commands.
    Ready,
    /// The gate reports an intrusion.
    Alarm,
    /// Somebody stands in the gate.
    Detector,
    /// The fire alarm opened the gate: it is the hardware's, we only watch.
    Fire,
}

/// Which grant, within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GrantId(u64);

/// Somebody is, or may be, let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Which.
    pub(crate) id: GrantId,
    /// At which side.
    pub(crate) side: Side,
    /// Who, where that is known.
    pub(crate) person: Option<String>,
}

/// What the gate is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GateInput {
    /// It cannot be done.
    Break(GrantId),
    /// Somebody may pass now: who, where that is known.
    Open(Side, Option<String>),
    /// An input is so.
    Sensed(Signal, Level),
    /// Time went by.
    Tick,
    /// The run ends: nobody will look any more.
    Leave,
}

/// What happened to the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GateStep {
    /// Somebody is let through until then.
    Opened(Grant, Elapsed),
    /// The time of everybody at a side is over: it is locked; who is in the arms may finish until then.
    Locked(Side, Elapsed),
    /// Somebody passed.
    Entered(Grant),
    /// Somebody did not.
    NotEntered(Grant),
    /// Somebody passed without a grant, at this side where that is known.
    Forced(Option<Side>),
    /// An input changed.
    Sensed(Signal, Level, Elapsed),
    /// An input is as it is for too long.
    Stuck(Signal),
    /// It is as it should be again.
    Freed(Signal),
    /// The fire alarm opened the gate.
    Emergency,
    /// It is over.
    Calm(Elapsed),
}

/// Why nobody is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As many as may have a grant at that side.
    Busy,
    /// The gate says that it is not ready.
    NotReady,
    /// The fire alarm has the gate.
    Emergency,
    /// The grant has ended.
    Over,
}

/// Who has the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GateControl {
    /// We have.
    Ours,
    /// The fire alarm.
    Fire,
}

/// An input as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InputState {
    level: Level,
    since: Elapsed,
    told: ReportState,
}

/// Whether what is wrong with an input was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReportState {
    NotYet,
    Already,
}

/// The gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    rules: GateRules,
    a: GrantQueue,
    b: GrantQueue,
    reign: GateControl,
    signals: BTreeMap<Signal, InputState>,
    /// Until then the alarm input is not believed.
    quiet: Elapsed,
    /// Until then passages without a grant are excused: a fire opened the gate.
    excused: Elapsed,
    /// Grants given so far.
    grants: u64,
}

impl Gate {
    /// A gate at rest, about which nothing is known yet.
    pub(crate) fn new(rules: GateRules) -> Self {
        Self {
            rules,
            a: GrantQueue::default(),
            b: GrantQueue::default(),
            reign: GateControl::Ours,
            signals: BTreeMap::new(),
            quiet: Elapsed::ZERO,
            excused: Elapsed::ZERO,
            grants: 0,
        }
    }

    /// Makes a step so.
    pub(crate) fn apply(&mut self, step: &GateStep) {
        match step {
            GateStep::Opened(grant, until) => {
                self.grants = self.grants.max(grant.id.0 + 1);
                self.lane_mut(grant.side).open(grant, *until);
            }
            GateStep::Locked(side, until) => {
                self.lane_mut(*side).lock(*until);
                self.quiet = *until + QUIET.saturating_sub(LATE);
            }
            GateStep::Entered(grant) | GateStep::NotEntered(grant) => self.lane_mut(grant.side).end(grant.id),
            GateStep::Forced(Some(_)) => {}
            GateStep::Forced(None) => self.tell(Signal::Alarm, ReportState::Already),
            GateStep::Sensed(signal, level, since) => {
                let (level, since) = (*level, *since);
                // An alarm that is there when we first look was told by whoever looked before.
                let told = match self.signals.get(signal) {
                    None if *signal == Signal::Alarm => ReportState::Already,
                    None | Some(_) => ReportState::NotYet,
                };
                self.signals.insert(*signal, InputState { level, since, told });
            }
            GateStep::Stuck(signal) => self.tell(*signal, ReportState::Already),
            GateStep::Freed(_) => {}
            GateStep::Emergency => self.reign = GateControl::Fire,
            GateStep::Calm(at) => {
                self.reign = GateControl::Ours;
                self.quiet = *at + QUIET;
                self.excused = *at + QUIET;
            }
        }
    }

    fn tell(&mut self, signal: Signal, told: ReportState) {
        if let Some(sensed) = self.signals.get_mut(&signal) {
            sensed.told = told;
        }
    }

    fn lane(&self, side: Side) -> &GrantQueue {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn lane_mut(&mut self, side: Side) -> &mut GrantQueue {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }
}

#[cfg(test)]
mod tests;
