//! What a step does to the gate's outputs.
//!
//! Only a grant makes an output active, and never for longer than the grant is good for.

use super::{
    rules::{GateMode, GateRules},
    step::GateStep,
};
use crate::reader::Side;
use std::time::Duration;

/// What an output does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputAction {
    /// Active for so long, then inactive by itself.
    Pulse(Duration),
    /// Active until released, and never for longer than this.
    Hold(Duration),
    /// Inactive.
    Release,
}

/// What the outputs do for a step, in order.
pub(crate) fn outputs(rules: &GateRules, step: &GateStep) -> Vec<(Side, OutputAction)> {
    match (step, rules.mode) {
        (GateStep::Opened(grant, _), GateMode::Pulse { width }) => vec![(grant.side, OutputAction::Pulse(width))],
        (GateStep::Opened(grant, _), GateMode::Potential) => vec![(grant.side, OutputAction::Hold(rules.wait))],
        (GateStep::Locked(side, _), GateMode::Potential) => vec![(*side, OutputAction::Release)],
        // The hardware has opened the gate: whatever we still hold is let go.
        (GateStep::Emergency, _) => Side::BOTH.iter().map(|side| (*side, OutputAction::Release)).collect(),
        (
            GateStep::Locked(..)
            | GateStep::Entered(_)
            | GateStep::NotEntered(_)
            | GateStep::Forced(_)
            | GateStep::Sensed(..)
            | GateStep::Stuck(_)
            | GateStep::Cleared(_)
            | GateStep::EmergencyEnded(_),
            GateMode::Pulse { .. } | GateMode::Potential,
        ) => Vec::new(),
    }
}
