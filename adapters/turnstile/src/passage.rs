//! The gate as a state machine: who was let through, who passed, and what the outputs have to do for it.
//!
//! Pure: no IO and no clock; time comes in as an argument, what happens comes out as steps, and the same steps make the
//! same gate. Never true of it: a grant without exactly one end; an output moved while the fire input is active; anybody
//! let through because of something that happened before. Semantics: facts/devices.md §3.1 (PERCo TTR-10A, TTD-03, TTR-08A).

mod decide;
mod gate;
mod grant_queue;
mod output;
mod rules;
mod step;

pub(crate) use gate::Gate;
pub(crate) use output::{OutputAction, outputs};
pub(crate) use rules::{GateMode, GateRules};
pub(crate) use step::{Elapsed, GateInput, GateStep, Grant, GrantId, Refusal, Signal};

#[cfg(test)]
mod tests;
