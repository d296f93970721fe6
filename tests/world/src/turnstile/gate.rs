//! The gate itself: arms that are locked or free, the contacts it shows, and people who walk through.
//!
//! It knows the time only from whoever looks at it. Behaviour: facts/devices.md §3.1 (PERCo TTR-10A, TTD-03).

use super::config::{Config, Mode};
use std::time::Duration;
use tokio::time::Instant;

/// The shortest pulse its controller takes for a command.
const SHORTEST: Duration = Duration::from_millis(100);

/// A side of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The other.
    B,
}

/// What became of somebody who walked up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassageResult {
    /// The arms gave way.
    Passed,
    /// They did not.
    Blocked,
}

/// The fire alarm's contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fire {
    /// Closed, as it is at rest.
    Rests,
    /// Open: everybody out.
    Burns,
}

/// A contact for everybody to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// Open.
    Open,
    /// Closed.
    Closed,
}

/// An input of the gate, as whoever is wired to it has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Pulled: let somebody through.
    Pulled,
    /// At rest.
    Free,
}

/// One side of the arms.
#[derive(Debug, Clone, Default)]
struct Arm {
    /// Free until then, by a command.
    free: Option<Instant>,
    /// The last pulse that was taken for a command began then.
    heeded: Option<Instant>,
    /// The PASS contact is open until then.
    passing: Option<Instant>,
    stuck: bool,
}

/// A relay of the board, as the gate feels it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pull {
    /// Active since.
    pub(super) since: Option<Instant>,
    /// It was active before, from and to.
    pub(super) last: Option<(Instant, Instant)>,
}

/// The gate.
#[derive(Debug)]
pub(super) struct Gate {
    config: Config,
    arms: [Arm; 2],
    fire: Fire,
    alarm: Option<Instant>,
    /// Every time it was made free, by a command.
    pub(super) openings: Vec<(Side, Instant)>,
    /// Everybody who passed.
    pub(super) passages: Vec<(Side, Instant)>,
}

impl Gate {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            arms: Default::default(),
            fire: Fire::Rests,
            alarm: None,
            openings: Vec::new(),
            passages: Vec::new(),
        }
    }

    /// Feels its inputs as they have been until now.
    pub(super) fn feel(&mut self, side: Side, pull: Pull, now: Instant) {
        if self.fire == Fire::Burns {
            return;
        }
        let config_wait = self.config.wait;
        let began = match (pull.since, pull.last) {
            (Some(since), _) if now >= since + SHORTEST => Some(since),
            (_, Some((from, to))) if to >= from + SHORTEST => Some(from),
            (Some(_) | None, _) => None,
        };
        let mode = self.config.mode;
        let arm = self.arm(side);
        match mode {
            Mode::Pulse => {
                if let Some(began) = began.filter(|began| arm.heeded.is_none_or(|heeded| *began > heeded)) {
                    arm.heeded = Some(began);
                    arm.free = Some(began + SHORTEST + config_wait);
                    self.openings.push((side, began + SHORTEST));
                }
            }
            Mode::Potential => {
                let heeded = arm.heeded;
                if let Some(since) = pull.since {
                    // Free for as long as it is held; looked at again before that is over.
                    arm.free = Some(now + config_wait);
                    if heeded != Some(since) {
                        arm.heeded = Some(since);
                        self.openings.push((side, since));
                    }
                } else {
                    arm.free = None;
                    if let Some((from, _)) = pull.last
                        && heeded.is_none_or(|heeded| from > heeded)
                    {
                        arm.heeded = Some(from);
                        self.openings.push((side, from));
                    }
                }
            }
        }
    }

    /// Somebody walks up from a side.
    pub(super) fn walk(&mut self, side: Side, now: Instant) -> PassageResult {
        let free = self.is_free(side, now);
        if !free {
            return PassageResult::Blocked;
        }
        self.pass(side, now);
        if self.config.mode == Mode::Pulse {
            self.arm(side).free = None;
        }
        PassageResult::Passed
    }

    /// Somebody forces the arms.
    pub(super) fn force(&mut self, side: Side, now: Instant) {
        self.alarm = Some(now + self.config.alarm);
        self.pass(side, now);
    }

    pub(super) fn is_free(&mut self, side: Side, now: Instant) -> bool {
        self.fire == Fire::Burns || self.arm(side).free.is_some_and(|until| now < until)
    }

    pub(super) fn set_fire(&mut self, fire: Fire) {
        self.fire = fire;
        self.lock();
    }

    pub(super) fn stick(&mut self, side: Side) {
        self.arm(side).stuck = true;
    }

    pub(super) fn unstick(&mut self, side: Side) {
        self.arm(side).stuck = false;
    }

    /// What a controller without power, or with a fire alarm, forgets.
    pub(super) fn lock(&mut self) {
        self.arms.iter_mut().for_each(|arm| arm.free = None);
    }

    /// The contacts, in the order of the board's inputs: PASS A, PASS B, READY, ALARM, detector, fire.
    pub(super) fn contacts(&self, now: Instant) -> [Contact; 6] {
        let [a, b] = &self.arms;
        let open_if = |open: bool| if open { Contact::Open } else { Contact::Closed };
        let passing = |arm: &Arm| arm.stuck || arm.passing.is_some_and(|until| now < until);
        let fire = self.fire == Fire::Burns;
        let alarm = self.alarm.is_some_and(|until| now < until);
        let detector = passing(a) || passing(b);
        [
            open_if(passing(a)),
            open_if(passing(b)),
            open_if(fire),
            open_if(!alarm),
            open_if(!detector),
            open_if(fire),
        ]
    }

    fn pass(&mut self, side: Side, now: Instant) {
        let lasts = self.config.pass;
        self.arm(side).passing = Some(now + lasts);
        self.passages.push((side, now));
    }

    fn arm(&mut self, side: Side) -> &mut Arm {
        let [a, b] = &mut self.arms;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }
}
