//! Asks: commands on their way to one device. An ask cannot be forgotten: dropped unanswered, it settles as failed.

use crate::{actions::SupportedActions, clock::Clock, driver_error::DriverError, reporter::ReportError};
use protocol::{CommandId, Outcome, Reason, Timestamp, command::Action};
use std::{future::Future, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// Where a driver receives its asks.
pub type Asks = mpsc::Receiver<Ask>;

/// A command for one device, accepted and on disk, not yet begun.
#[derive(Debug)]
pub struct Ask {
    command: CommandId,
    action: Action,
    expires: Timestamp,
    deadline: Instant,
    answer: OutcomeSender,
}

impl Ask {
    /// A command good until `expires` on the wall clock and until `deadline` on the monotonic one, whichever is sooner.
    /// The outcome comes back through the receiver, exactly once, whatever becomes of the ask.
    pub fn new(
        command: CommandId,
        action: Action,
        expires: Timestamp,
        deadline: Instant,
    ) -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        (
            Self {
                command,
                action,
                expires,
                deadline,
                answer: OutcomeSender(Some(sender)),
            },
            receiver,
        )
    }
    /// Which command.
    pub fn command(&self) -> CommandId {
        self.command
    }
    /// What is asked.
    pub fn action(&self) -> &Action {
        &self.action
    }
    /// What is asked, as one of the actions that the adapter carries out. The fleet lets nothing else through; what comes
    /// past it is refused here.
    pub fn supported<A: SupportedActions>(self) -> Option<(A, Self)> {
        match A::of(&self.action) {
            Some(action) => Some((action, self)),
            None => {
                self.reject(Reason::Unsupported, None);
                None
            }
        }
    }
    /// For what may be sent twice: done while the ask is good, given up after.
    pub async fn carry_out(
        self,
        clock: &Arc<dyn Clock>,
        work: impl Future<Output = Result<Outcome, DriverError>>,
    ) -> Result<(), DriverError> {
        let Some(running) = self.begin(clock) else {
            return Ok(());
        };
        match tokio::time::timeout_at(running.deadline(), Box::pin(work)).await {
            Ok(Ok(outcome)) => running.settle(outcome),
            Ok(Err(end)) => {
                running.failed(end.reason(), end.to_string());
                return Err(end);
            }
            Err(_) => running.failed(Reason::TimedOut, None),
        }
        Ok(())
    }
    /// When it stops being good, on the monotonic clock: for a driver whose device has to fetch it, and may not.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
    /// The last look at the clock, right before the wire: gives the right to act, or settles the ask as expired.
    pub fn begin(mut self, clock: &Arc<dyn Clock>) -> Option<RunningCommand> {
        if clock.now() >= self.expires || Instant::now() >= self.deadline {
            self.answer.settle(Outcome::Expired);
            return None;
        }
        Some(RunningCommand {
            action: self.action,
            deadline: self.deadline,
            answer: self.answer,
        })
    }
    /// Refuses it: nothing was sent to the device.
    pub fn reject(mut self, reason: Reason, detail: impl Into<Option<String>>) {
        self.answer.settle(Outcome::Rejected {
            reason,
            detail: detail.into(),
        });
    }
}

/// Works, and turns away commands meanwhile with `detail`: a command is not kept for when the device is ready.
pub async fn rejecting<T>(
    asks: &mut Asks,
    detail: &'static str,
    work: impl Future<Output = Result<T, DriverError>>,
) -> Result<T, DriverError> {
    let mut work = Box::pin(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            ask = asks.recv() => match ask {
                Some(ask) => ask.reject(Reason::Offline, detail.to_owned()),
                None => return Err(DriverError::Unrecorded(ReportError::Stopping)),
            },
        }
    }
}

/// A command that may act now, and must be answered.
#[derive(Debug)]
pub struct RunningCommand {
    action: Action,
    deadline: Instant,
    answer: OutcomeSender,
}

impl RunningCommand {
    /// What to do.
    pub fn action(&self) -> &Action {
        &self.action
    }
    /// When it stops being good: a request that has not been written by then must not be written.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
    /// Answers.
    pub fn settle(mut self, outcome: Outcome) {
        self.answer.settle(outcome);
    }
    /// Answers that it was carried out.
    pub fn ok(self, detail: impl Into<Option<String>>) {
        self.settle(Outcome::Ok { detail: detail.into() });
    }
    /// Answers that it failed, or may have.
    pub fn failed(self, reason: Reason, detail: impl Into<Option<String>>) {
        self.settle(Outcome::Failed {
            reason,
            detail: detail.into(),
        });
    }
}

#[derive(Debug)]
struct OutcomeSender(Option<oneshot::Sender<Outcome>>);

impl OutcomeSender {
    fn settle(&mut self, outcome: Outcome) {
        if let Some(sender) = self.0.take() {
            // Nobody waits any more only while the edge stops; the next start settles the command as interrupted.
            let _ = sender.send(outcome);
        }
    }
}

impl Drop for OutcomeSender {
    fn drop(&mut self) {
        self.settle(Outcome::Failed {
            reason: Reason::Interrupted,
            detail: Some("the driver gave up".into()),
        });
    }
}
