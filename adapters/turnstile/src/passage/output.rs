//! What a step does to the gate's outputs.
//!
//! Only a grant makes an output active, and never for longer than the grant is good for.

use super::{Mode, Rules, Step, decide::SIDES};
use crate::reader::Side;
use std::time::Duration;

/// What an output does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Active for so long, then inactive by itself.
    Pulse(Duration),
    /// Active until released, and never for longer than this.
    Hold(Duration),
    /// Inactive.
    Release,
}

/// What the outputs do for a step, in order.
pub(crate) fn outputs(rules: &Rules, step: &Step) -> Vec<(Side, Move)> {
    match (step, rules.mode) {
        (Step::Opened(grant, _), Mode::Pulse { width }) => vec![(grant.side, Move::Pulse(width))],
        (Step::Opened(grant, _), Mode::Potential) => vec![(grant.side, Move::Hold(rules.wait))],
        (Step::Locked(side, _), Mode::Potential) => vec![(*side, Move::Release)],
        // The hardware has opened the gate: whatever we still hold is let go.
        (Step::Emergency, _) => SIDES.iter().map(|side| (*side, Move::Release)).collect(),
        (
            Step::Locked(..)
            | Step::Entered(_)
            | Step::NotEntered(_)
            | Step::Forced(_)
            | Step::Sensed(..)
            | Step::Stuck(_)
            | Step::Freed(_)
            | Step::Calm(_),
            Mode::Pulse { .. } | Mode::Potential,
        ) => Vec::new(),
    }
}
