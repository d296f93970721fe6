//! The reporter: where a driver says what it saw, and learns that it is on disk.

use protocol::{
    Fact, Origin,
    access::{AccessDecision, Presentation},
    text::FirmwareVersion,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// One thing a driver saw.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedFact {
    /// What happened.
    pub fact: Fact,
    /// From the device's own log, back-filled: triggers nothing.
    pub replay: bool,
    /// Its place in the device's own log.
    pub origin: Option<Origin>,
}

impl ObservedFact {
    /// Something that happened now and stands in no log of the device.
    pub fn now(fact: Fact) -> Self {
        Self {
            fact,
            replay: false,
            origin: None,
        }
    }
}

/// How a device is, as its driver sees it. Saying the same twice is one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be talked to.
    Online {
        /// Firmware version, where it said so.
        fw: Option<FirmwareVersion>,
    },
    /// It answers, but not as it should.
    Degraded {
        /// A short stable word.
        reason: String,
    },
}

/// What goes through the reporter.
#[derive(Debug)]
pub enum DriverReport {
    /// Facts, in order, with the place to say that they are on disk.
    Facts(Observation),
    /// The device's state.
    State(State),
    /// The device was heard: renews its lease.
    Alive,
    /// Somebody stands at a door and waits.
    Question(PassQuestion),
}

/// Facts on their way to the journal.
#[derive(Debug)]
pub struct Observation {
    /// In order.
    pub facts: Vec<ObservedFact>,
    /// Answered once they are on disk, or refused.
    pub done: oneshot::Sender<Result<(), ReportError>>,
}

/// May somebody pass? Dropped unanswered, they may not.
#[derive(Debug)]
pub struct PassQuestion {
    shown: Presentation,
    deadline: Instant,
    answer: oneshot::Sender<AccessDecision>,
}

impl PassQuestion {
    /// A question and where its answer comes.
    fn new(shown: Presentation, deadline: Instant) -> (Self, oneshot::Receiver<AccessDecision>) {
        let (answer, answered) = oneshot::channel();
        let question = Self {
            shown,
            deadline,
            answer,
        };
        (question, answered)
    }
    /// What was shown, and where.
    pub fn shown(&self) -> &Presentation {
        &self.shown
    }
    /// From then on the answer is no, whatever is decided.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
    /// Answers; what it rules must be on disk. Gives the ruling back where it came too late: nobody acts on it.
    pub fn answer(self, ruling: AccessDecision) -> Result<(), AccessDecision> {
        self.answer.send(ruling)
    }
}

/// Why facts were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The edge is stopping.
    #[error("the edge is stopping")]
    Stopping,
    /// The edge will not take them now; the device keeps them and is asked again later.
    #[error("the edge refuses new facts: {0}")]
    NotNow(String),
}

/// Where a driver says what it saw.
#[derive(Debug, Clone)]
pub struct Reporter(mpsc::Sender<DriverReport>);

impl Reporter {
    /// An reporter and its other end.
    pub fn new(depth: usize) -> (Self, mpsc::Receiver<DriverReport>) {
        let (sender, receiver) = mpsc::channel(depth);
        (Self(sender), receiver)
    }
    /// Hands facts over and waits until they are on disk. A driver pulls no further before: the disk sets the pace.
    pub async fn report(&self, seen: Vec<ObservedFact>) -> Result<(), ReportError> {
        if seen.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        self.0
            .send(DriverReport::Facts(Observation { facts: seen, done }))
            .await
            .map_err(|_| ReportError::Stopping)?;
        answer.await.unwrap_or(Err(ReportError::Stopping))
    }
    /// Asks the site whether somebody may pass. What is ruled is on disk; no answer by `deadline`, an edge that stops or a
    /// full disk mean no.
    pub async fn ask(&self, shown: Presentation, deadline: Instant) -> AccessDecision {
        let (question, mut answered) = PassQuestion::new(shown, deadline);
        let asked = timeout_at(deadline, self.0.send(DriverReport::Question(question))).await;
        if !matches!(asked, Ok(Ok(()))) {
            return AccessDecision::Denied;
        }
        match timeout_at(deadline, &mut answered).await {
            Ok(ruling) => ruling.unwrap_or(AccessDecision::Denied),
            // From here on whoever answers learns that it is too late; what was answered just before counts.
            Err(_) => {
                answered.close();
                answered.try_recv().unwrap_or(AccessDecision::Denied)
            }
        }
    }
    /// Says how the device is.
    pub async fn state(&self, state: State) -> Result<(), ReportError> {
        self.0
            .send(DriverReport::State(state))
            .await
            .map_err(|_| ReportError::Stopping)
    }
    /// Says that the device was heard.
    pub async fn renew_lease(&self) -> Result<(), ReportError> {
        self.0
            .send(DriverReport::Alive)
            .await
            .map_err(|_| ReportError::Stopping)
    }
}
