//! One reader on the bus, whoever sits there: away until it is greeted, then in a session.
//!
//! One that refuses is left in peace for minutes; one that is silent does not hold up the others.

use super::{
    exchange::OsdpBus,
    handshake::Refusal,
    reader_outputs::{OutputError, OutputOrder},
    reader_session::{Backlog, PollResult, ReaderSession},
    settings::ReaderSettings,
    wire::reply::CardBits,
};
use crate::{
    reader::{CardRead, ReaderFeedback, Side},
    wire::wiegand,
};
use adapter_sdk::{Clock, DriverError};
use protocol::{access::Credential, fact::KeyKind};
use std::time::Duration;
use tokio::time::Instant;

/// Until a silent reader is looked for again: at first, and at most.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_AT_MOST: Duration = Duration::from_secs(10);
/// Until a reader that refused is asked again.
const REFUSED: Duration = Duration::from_secs(300);
/// A card that a reader tells of after a longer silence may be older than anybody waits at a gate.
const FRESH: Duration = Duration::from_secs(1);
/// A session that is over sooner was none.
const STEADY: Duration = Duration::from_secs(5);
/// So many of those in a row are a reader that is not well.
const UNSTEADY: u8 = 3;

/// One reader.
#[derive(Debug)]
pub(super) struct ReaderSlot {
    reader: ReaderSettings,
    /// Its output that opens the gate.
    output: Option<u8>,
    /// Sessions in a row that were over too soon.
    unsteady: u8,
    /// When it answered last in a session before this one.
    answered: Option<Instant>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// In no session, and not greeted before then.
    Offline {
        until: Instant,
        pause: Duration,
        health: ReaderHealth,
    },
    /// In a session.
    ReaderSession(Box<ReaderSession>),
}

/// How a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReaderHealth {
    /// Nobody has asked it yet.
    Unknown,
    /// Good.
    Well,
    /// Not: a short stable word.
    Trouble(&'static str),
}

impl ReaderSlot {
    /// A reader that nobody has spoken to yet.
    pub(super) fn new(reader: ReaderSettings, output: Option<u8>) -> Self {
        Self {
            reader,
            output,
            unsteady: 0,
            answered: None,
            state: offline(ReaderHealth::Unknown),
        }
    }

    /// The bus was opened anew: no session is left. One that refused stays in peace.
    pub(super) fn start_over(&mut self) {
        if let State::ReaderSession(reader_session) = &mut self.state {
            reader_session.over();
            self.answered = Some(reader_session.answered());
            self.state = offline(ReaderHealth::Unknown);
        }
    }

    /// How it is.
    pub(super) fn health(&self) -> ReaderHealth {
        match &self.state {
            State::Offline { health: standing, .. } => *standing,
            State::ReaderSession(reader_session) if self.unsteady >= UNSTEADY && reader_session.lasted() < STEADY => {
                ReaderHealth::Trouble("reader_unsteady")
            }
            State::ReaderSession(reader_session) => match (reader_session.trouble(), reader_session.backlog()) {
                (Some(word), _) => ReaderHealth::Trouble(word),
                (None, Backlog::Possible) => ReaderHealth::Unknown,
                (None, Backlog::None) => ReaderHealth::Well,
            },
        }
    }

    /// Shows what was decided at its side, where it is in a session.
    pub(super) fn show(&mut self, feedback: ReaderFeedback) {
        if let State::ReaderSession(reader_session) = &mut self.state
            && self.reader.side == feedback.side
        {
            reader_session.show(feedback.indication);
        }
    }

    /// Whether its output opens this side.
    pub(super) fn relays(&self, side: Side) -> bool {
        self.output.is_some() && self.reader.side == side
    }

    /// Has its output do something with its next turn, if it is in a session.
    pub(super) fn order(&mut self, order: OutputOrder) {
        match &mut self.state {
            State::Offline { .. } => order.settle(Err(OutputError::Absent)),
            State::ReaderSession(reader_session) => reader_session.order(order),
        }
    }

    /// Its turn: gives what somebody showed.
    pub(super) async fn turn(
        &mut self,
        line: &mut OsdpBus,
        clock: &dyn Clock,
    ) -> Result<Option<CardRead>, DriverError> {
        match &mut self.state {
            State::Offline { until, .. } if Instant::now() < *until => Ok(None),
            State::Offline { pause, .. } => {
                let pause = *pause;
                self.open_session(line, clock, pause).await?;
                Ok(None)
            }
            State::ReaderSession(reader_session) => match reader_session.turn(line).await? {
                PollResult::Nothing => Ok(None),
                PollResult::Card(card) => Ok(self.card_read(card)),
                PollResult::Over => {
                    let lasted = reader_session.lasted();
                    self.answered = Some(reader_session.answered());
                    self.leave(lasted);
                    Ok(None)
                }
            },
        }
    }

    /// Out of a session that lasted so long: greeted again at once, and nobody notices, unless that happens all the time.
    fn leave(&mut self, lasted: Duration) {
        self.unsteady = if lasted < STEADY {
            self.unsteady.saturating_add(1)
        } else {
            0
        };
        self.state = if self.unsteady < UNSTEADY {
            offline(self.health())
        } else {
            State::Offline {
                until: Instant::now() + LOOK_AT_MOST,
                pause: LOOK,
                health: ReaderHealth::Trouble("reader_unsteady"),
            }
        };
    }

    async fn open_session(
        &mut self,
        line: &mut OsdpBus,
        clock: &dyn Clock,
        pause: Duration,
    ) -> Result<(), DriverError> {
        let enrolment = self.reader.enrolment(clock.trusted_now());
        let backlog = match self.answered {
            Some(last) if last.elapsed() <= FRESH => Backlog::None,
            Some(_) | None => Backlog::Possible,
        };
        let (word, wait) = match ReaderSession::begin(line, &self.reader, self.output, enrolment, backlog).await {
            Ok(reader_session) => {
                self.state = State::ReaderSession(Box::new(reader_session));
                return Ok(());
            }
            Err(Refusal::Bus(end)) => return Err(end),
            Err(Refusal::Silent) => ("reader_offline", pause),
            Err(Refusal::Insecure) => ("reader_insecure", REFUSED),
            Err(Refusal::WrongKey) => ("reader_wrong_key", REFUSED),
            Err(Refusal::DefaultKey) => ("reader_default_key", REFUSED),
        };
        self.state = State::Offline {
            until: Instant::now() + wait,
            pause: (2 * pause).min(LOOK_AT_MOST),
            health: ReaderHealth::Trouble(word),
        };
        Ok(())
    }

    fn card_read(&self, card: CardBits) -> Option<CardRead> {
        match wiegand::number(card.bits, card.count) {
            Ok(number) => Some(CardRead {
                side: self.reader.side,
                credential: Credential {
                    kind: KeyKind::Card,
                    number,
                },
            }),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(address = self.reader.address, error, "a card that says nothing");
                None
            }
        }
    }
}

/// In no session, and to be greeted with the next turn.
fn offline(standing: ReaderHealth) -> State {
    State::Offline {
        until: Instant::now(),
        pause: LOOK,
        health: standing,
    }
}
