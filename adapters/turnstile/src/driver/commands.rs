//! Commands, one at a time.
//!
//! What opens is written once, right after the last look at the clock, and is never repeated, whatever comes back.

use super::{FaultSource, GateDriver, WRITE};
use crate::{
    gate_io::GateIoError,
    meaning,
    passage::{GateInput, GateStep, GrantId, Refusal},
    reader::Side,
};
use adapter_sdk::{Ask, DriverError, RunningCommand, socket::SocketError, supported_actions};
use protocol::{Outcome, Reason, fact::Door};
use tokio::time::Instant;

/// What is wrong with a board that refuses.
const REFUSES: &str = "board_refuses";

supported_actions! {
    /// What a gate is asked.
    pub(crate) enum GateAction {
        AccessOpen { door: Door },
        DeviceTest {},
    }
}

impl GateDriver<'_> {
    /// Carries one out. An error ends the run: the line is not to be trusted any more.
    pub(super) async fn carry_out(&mut self, ask: Ask) -> Result<(), DriverError> {
        let Some((action, ask)) = ask.supported() else {
            return Ok(());
        };
        match action {
            GateAction::AccessOpen { door } => {
                let side = meaning::side(door).filter(|side| self.settings.wiring.has(*side));
                match side {
                    Some(side) => self.let_through(ask, side).await,
                    None => {
                        ask.reject(Reason::UnknownTarget, "the gate has no such door".to_owned());
                        Ok(())
                    }
                }
            }
            GateAction::DeviceTest {} => {
                if let Some(running) = ask.begin(self.clock) {
                    self.test(running).await?;
                }
                Ok(())
            }
        }
    }

    async fn let_through(&mut self, ask: Ask, side: Side) -> Result<(), DriverError> {
        self.take(GateInput::Tick).await?;
        if let Err(refusal) = self.gate.may_open(side, self.questions.open(side)) {
            let (reason, detail) = refused(refusal);
            ask.reject(reason, detail.to_owned());
            return Ok(());
        }
        let Some(running) = ask.begin(self.clock) else {
            return Ok(());
        };
        let steps = match self.gate.decide(GateInput::Open(side, None), self.now()) {
            Ok(steps) => steps,
            Err(refusal) => {
                let (reason, detail) = refused(refusal);
                let detail = Some(detail.to_owned());
                running.settle(Outcome::Rejected { reason, detail });
                return Ok(());
            }
        };
        let grant = opened(&steps);
        let deadline = running.deadline().min(Instant::now() + WRITE);
        match self.apply_steps(steps, deadline).await {
            Ok(()) => {
                running.ok(None);
                let opened = self.meaning().opened(side);
                self.pending_facts.write(opened);
                self.complain(FaultSource::Board, None).await
            }
            Err(error) => {
                let (reason, detail) = failed(&error);
                running.failed(reason, detail.to_owned());
                self.handle_output_error(grant, error).await
            }
        }
    }

    /// An output that did not move: the board's refusal is a complaint, anything else the end of the run.
    pub(super) async fn handle_output_error(
        &mut self,
        grant: Option<GrantId>,
        error: GateIoError,
    ) -> Result<(), DriverError> {
        match error {
            GateIoError::Refused(_) => {
                if let Some(grant) = grant {
                    self.take(GateInput::Cancel(grant)).await?;
                }
                self.complain(FaultSource::Board, Some(REFUSES)).await
            }
            // What is wrong with the reader is said where it is heard.
            GateIoError::Absent => match grant {
                Some(grant) => self.take(GateInput::Cancel(grant)).await,
                None => Ok(()),
            },
            GateIoError::Line(_) | GateIoError::Mismatch => Err(error.into_driver_error("opening it")),
        }
    }

    async fn test(&mut self, running: RunningCommand) -> Result<(), DriverError> {
        match self.gate_io.look(running.deadline().min(Instant::now() + WRITE)).await {
            Ok(inputs) => {
                let active = inputs
                    .iter()
                    .filter(|(_, level)| *level == adapter_sdk::gpio::Level::Active);
                let active: Vec<String> = active.map(|(signal, _)| format!("{signal:?}").to_lowercase()).collect();
                let active = if active.is_empty() {
                    "none".to_owned()
                } else {
                    active.join(", ")
                };
                running.ok(format!("{} inputs, active: {active}", inputs.len()));
                Ok(())
            }
            Err(error) => {
                let (reason, _) = failed(&error);
                running.failed(reason, error.to_string());
                Err(error.into_driver_error("testing it"))
            }
        }
    }
}

/// The grant that steps open.
pub(super) fn opened(steps: &[GateStep]) -> Option<GrantId> {
    steps.iter().find_map(|step| match step {
        GateStep::Opened(grant, _) => Some(grant.id),
        GateStep::Locked(..)
        | GateStep::Entered(_)
        | GateStep::NotEntered(_)
        | GateStep::Forced(_)
        | GateStep::Sensed(..)
        | GateStep::Stuck(_)
        | GateStep::Cleared(_)
        | GateStep::Emergency
        | GateStep::EmergencyEnded(_) => None,
    })
}

fn refused(refusal: Refusal) -> (Reason, &'static str) {
    match refusal {
        Refusal::Busy => (Reason::Busy, "somebody else is being let through"),
        Refusal::NotReady => (Reason::Busy, "the gate is not ready"),
        Refusal::Emergency => (Reason::Policy, "emergency"),
        Refusal::Over => (Reason::Expired, "it is too late"),
    }
}

fn failed(error: &GateIoError) -> (Reason, &'static str) {
    match error {
        GateIoError::Line(SocketError::Connect(_)) => (Reason::Offline, "the board cannot be reached"),
        GateIoError::Line(SocketError::Timeout | SocketError::Closed | SocketError::Broken(_)) => {
            (Reason::TimedOut, "no answer; it may have been carried out")
        }
        GateIoError::Absent => (Reason::Offline, "the reader whose output it is cannot be talked to"),
        GateIoError::Refused(_) => (Reason::Hardware, "the board refuses"),
        GateIoError::Mismatch => (
            Reason::Hardware,
            "the board answers something else; it may have been carried out",
        ),
    }
}
