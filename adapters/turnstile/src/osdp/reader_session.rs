//! One reader in a session, from turn to turn: what its output is told, what it shows, and what happened at it.
//!
//! Its output is told nothing twice and nothing late; where that cannot be known, the session is over.

use super::{
    exchange::Line,
    handshake::{self, Refusal},
    relay::{Order, RelayError},
    session::{Over, Session, Turn},
    settings::{Enrolment, ReaderSettings},
    show,
    wire::{
        command::{Command, Switch},
        reply::{Ability, Card, Case, Head, LocalStatus, Power, Reply},
    },
};
use crate::reader::Indication;
use adapter_sdk::DriverError;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Unanswered frames until a session is over.
const SILENCES: u8 = 3;
/// For how long a reader may have no time.
const BUSY: Duration = Duration::from_secs(5);
/// Lights and beeps that wait; older ones are about somebody who is gone.
const WISHES: usize = 4;

/// Whether a reader may have cards to tell of that were shown before its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backlog {
    /// It may: whoever showed one is gone by now.
    Possible,
    /// It has not, or so recent ones that they are good.
    None,
}

/// A reader in a session.
#[derive(Debug)]
pub(super) struct ReaderSession {
    address: u8,
    session: Session,
    begun: Instant,
    /// When it answered last.
    answered: Instant,
    backlog: Backlog,
    /// Its output that opens the gate.
    output: Option<u8>,
    abilities: Vec<Ability>,
    local: LocalStatus,
    head: Head,
    silences: u8,
    busy: Option<Instant>,
    wishes: VecDeque<Command>,
    /// What its output is to do next.
    ordered: Option<Order>,
    /// What its output was told and has not answered.
    obeying: Option<Order>,
}

/// What a turn brought.
#[derive(Debug)]
pub(super) enum News {
    /// Nothing for the gate.
    Nothing,
    /// A card.
    Card(Card),
    /// The session is over.
    Over,
}

impl ReaderSession {
    /// Begins a session, with the reader's output off, and gets to know the reader.
    pub(super) async fn begin(
        line: &mut Line,
        reader: &ReaderSettings,
        output: Option<u8>,
        enrolment: Enrolment,
        backlog: Backlog,
    ) -> Result<Self, Refusal> {
        let mut session = handshake::open_session(line, reader, enrolment).await?;
        if let Some(output) = output {
            let rested = handshake::demand(line, &mut session, &Command::Output(output, Switch::Off)).await?;
            if let Reply::Nak(why) = rested {
                tracing::warn!(output, ?why, "a reader refuses to switch its output off");
            }
        }
        if let Reply::Identity(identity) = handshake::demand(line, &mut session, &Command::Identify).await? {
            tracing::info!(address = reader.address, ?identity, "a reader is here");
        }
        let able = handshake::demand(line, &mut session, &Command::Abilities).await?;
        let abilities = if let Reply::Abilities(abilities) = able {
            abilities
        } else {
            Vec::new()
        };
        let status = handshake::demand(line, &mut session, &Command::LocalStatus).await?;
        let local = if let Reply::LocalStatus(local) = status {
            local
        } else {
            LocalStatus::default()
        };
        Ok(Self {
            address: reader.address,
            session,
            begun: Instant::now(),
            answered: Instant::now(),
            backlog,
            output,
            abilities,
            local,
            head: Head::Well,
            silences: 0,
            busy: None,
            wishes: VecDeque::new(),
            ordered: None,
            obeying: None,
        })
    }

    /// For how long the session has lasted.
    pub(super) fn lasted(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When it answered last.
    pub(super) fn answered(&self) -> Instant {
        self.answered
    }

    /// Whether it may still have cards to tell of that were shown before.
    pub(super) fn backlog(&self) -> Backlog {
        self.backlog
    }

    /// What is wrong with it: a short stable word.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        match (self.local.case, self.local.power, self.head) {
            (Case::Opened, _, _) | (_, _, Head::Opened) => Some("reader_tamper"),
            (Case::Closed, _, Head::Absent) => Some("reader_head_absent"),
            (Case::Closed, Power::Failing, Head::Well) => Some("reader_power"),
            (Case::Closed, Power::Good, Head::Well) => None,
        }
    }

    /// Shows what was decided with its next turns.
    pub(super) fn show(&mut self, indication: Indication) {
        self.wishes.extend(show::commands(indication, &self.abilities));
        let old = self.wishes.len().saturating_sub(WISHES);
        self.wishes.drain(..old);
    }

    /// Has its output do something with its next turn.
    pub(super) fn order(&mut self, order: Order) {
        self.ordered = Some(order);
    }

    /// Its turn.
    pub(super) async fn turn(&mut self, line: &mut Line) -> Result<News, DriverError> {
        if self.obeying.as_ref().is_some_and(|order| !order.is_good()) {
            // The reader had no time, and now it is too late: the frame must not go out again.
            return Ok(self.over());
        }
        let command = self.next_command();
        match self.session.ask(line, &command).await {
            Ok(Turn::Answered(reply)) => {
                (self.silences, self.busy) = (0, None);
                self.answered = Instant::now();
                Ok(self.take(reply))
            }
            Ok(Turn::Busy) => {
                let since = *self.busy.get_or_insert_with(Instant::now);
                Ok(if since.elapsed() > BUSY {
                    self.over()
                } else {
                    News::Nothing
                })
            }
            Ok(Turn::Silent) => {
                self.silences += 1;
                let given_up = self.silences >= SILENCES || self.obeying.is_some();
                Ok(if given_up { self.over() } else { News::Nothing })
            }
            Err(Over::Bus(end)) => Err(end),
            Err(over @ (Over::Left(_) | Over::Forged(_) | Over::Garbled(_))) => {
                let error = &over as &dyn std::error::Error;
                tracing::info!(address = self.address, error, "a reader's session is over");
                Ok(self.over())
            }
        }
    }

    /// What to say next, where the last frame is answered: orders first, then lights and beeps, then the poll; the poll before
    /// lights and beeps until nothing of before is left.
    fn next_command(&mut self) -> Command {
        if self.session.waits() {
            return Command::Poll;
        }
        if let Some(output) = self.output
            && let Some(order) = self.ordered.take().filter(Order::is_good)
        {
            let command = Command::Output(output, order.switch);
            self.obeying = Some(order);
            return command;
        }
        match self.backlog {
            Backlog::Possible => Command::Poll,
            Backlog::None => self.wishes.pop_front().unwrap_or(Command::Poll),
        }
    }

    fn take(&mut self, reply: Reply) -> News {
        if let Some(order) = self.obeying.take() {
            let refused = if let Reply::Nak(why) = reply {
                Some(why.code())
            } else {
                None
            };
            order.settle(refused.map_or(Ok(()), |why| Err(RelayError::Refused(why))));
        } else if reply == Reply::Ack {
            // Polled, it has nothing to tell.
            self.backlog = Backlog::None;
        }
        match reply {
            Reply::Card(_) if self.backlog == Backlog::Possible => {
                tracing::debug!(address = self.address, "a card that was shown while nobody listened");
            }
            Reply::Card(card) => return News::Card(card),
            Reply::LocalStatus(local) => self.local = local,
            Reply::HeadStatus(heads) => {
                self.head = heads.into_iter().find(|head| *head != Head::Well).unwrap_or(Head::Well);
            }
            Reply::Nak(why) => tracing::debug!(address = self.address, ?why, "a reader will not"),
            Reply::Keys(_) => tracing::debug!(address = self.address, "keys are pressed, which nobody reads"),
            Reply::Ack
            | Reply::Identity(_)
            | Reply::Abilities(_)
            | Reply::Challenged(_)
            | Reply::Proved(_)
            | Reply::Busy
            | Reply::Other(_) => {}
        }
        News::Nothing
    }

    /// The end: whoever waits for the output is told what is known.
    pub(super) fn over(&mut self) -> News {
        if let Some(order) = self.obeying.take() {
            order.settle(Err(RelayError::Unanswered));
        }
        if let Some(order) = self.ordered.take() {
            order.settle(Err(RelayError::Absent));
        }
        News::Over
    }
}
