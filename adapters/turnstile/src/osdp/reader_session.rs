//! One reader in a session, from turn to turn: what its output is told, what it shows, and what happened at it.
//!
//! Its output is told nothing twice and nothing late; where that cannot be known, the session is over.

use super::{
    exchange::OsdpBus,
    handshake::{self, Refusal},
    indication,
    reader_outputs::{OutputError, OutputOrder},
    session::{ExchangeResult, SecureSession, SessionError},
    settings::{Enrolment, ReaderSettings},
    wire::{
        command::{OsdpCommand, Switch},
        reply::{CardBits, LocalStatus, OsdpReply, Power, ReaderCapability, ReaderStatus, TamperState},
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
const MAX_INDICATIONS: usize = 4;

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
    session: SecureSession,
    begun: Instant,
    /// When it answered last.
    answered: Instant,
    backlog: Backlog,
    /// Its output that opens the gate.
    output: Option<u8>,
    abilities: Vec<ReaderCapability>,
    local: LocalStatus,
    head: ReaderStatus,
    silences: u8,
    busy: Option<Instant>,
    pending_indications: VecDeque<OsdpCommand>,
    /// What its output is to do next.
    next_order: Option<OutputOrder>,
    /// What its output was told and has not answered.
    sent_order: Option<OutputOrder>,
}

/// What a turn brought.
#[derive(Debug)]
pub(super) enum PollResult {
    /// Nothing for the gate.
    Nothing,
    /// A card.
    Card(CardBits),
    /// The session is over.
    Over,
}

impl ReaderSession {
    /// Begins a session, with the reader's output off, and gets to know the reader.
    pub(super) async fn begin(
        line: &mut OsdpBus,
        reader: &ReaderSettings,
        output: Option<u8>,
        enrolment: Enrolment,
        backlog: Backlog,
    ) -> Result<Self, Refusal> {
        let mut session = handshake::open_session(line, reader, enrolment).await?;
        if let Some(output) = output {
            let rested = handshake::demand(line, &mut session, &OsdpCommand::Output(output, Switch::Off)).await?;
            if let OsdpReply::Nak(why) = rested {
                tracing::warn!(output, ?why, "a reader refuses to switch its output off");
            }
        }
        if let OsdpReply::Identity(identity) = handshake::demand(line, &mut session, &OsdpCommand::Identify).await? {
            tracing::info!(address = reader.address, ?identity, "a reader is here");
        }
        let able = handshake::demand(line, &mut session, &OsdpCommand::Abilities).await?;
        let abilities = if let OsdpReply::Abilities(abilities) = able {
            abilities
        } else {
            Vec::new()
        };
        let status = handshake::demand(line, &mut session, &OsdpCommand::LocalStatus).await?;
        let local = if let OsdpReply::LocalStatus(local) = status {
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
            head: ReaderStatus::Well,
            silences: 0,
            busy: None,
            pending_indications: VecDeque::new(),
            next_order: None,
            sent_order: None,
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
            (TamperState::Opened, _, _) | (_, _, ReaderStatus::Opened) => Some("reader_tamper"),
            (TamperState::Closed, _, ReaderStatus::Absent) => Some("reader_head_absent"),
            (TamperState::Closed, Power::Failing, ReaderStatus::Well) => Some("reader_power"),
            (TamperState::Closed, Power::Good, ReaderStatus::Well) => None,
        }
    }

    /// Shows what was decided with its next turns.
    pub(super) fn show(&mut self, indication: Indication) {
        self.pending_indications
            .extend(indication::commands(indication, &self.abilities));
        let old = self.pending_indications.len().saturating_sub(MAX_INDICATIONS);
        self.pending_indications.drain(..old);
    }

    /// Has its output do something with its next turn.
    pub(super) fn order(&mut self, order: OutputOrder) {
        self.next_order = Some(order);
    }

    /// Its turn.
    pub(super) async fn turn(&mut self, line: &mut OsdpBus) -> Result<PollResult, DriverError> {
        if self.sent_order.as_ref().is_some_and(|order| !order.is_good()) {
            // The reader had no time, and now it is too late: the frame must not go out again.
            return Ok(self.over());
        }
        let command = self.next_command();
        match self.session.ask(line, &command).await {
            Ok(ExchangeResult::Answered(reply)) => {
                (self.silences, self.busy) = (0, None);
                self.answered = Instant::now();
                Ok(self.take(reply))
            }
            Ok(ExchangeResult::Busy) => {
                let since = *self.busy.get_or_insert_with(Instant::now);
                Ok(if since.elapsed() > BUSY {
                    self.over()
                } else {
                    PollResult::Nothing
                })
            }
            Ok(ExchangeResult::Silent) => {
                self.silences += 1;
                let given_up = self.silences >= SILENCES || self.sent_order.is_some();
                Ok(if given_up { self.over() } else { PollResult::Nothing })
            }
            Err(SessionError::Bus(end)) => Err(end),
            Err(over @ (SessionError::Left(_) | SessionError::Forged(_) | SessionError::Garbled(_))) => {
                let error = &over as &dyn std::error::Error;
                tracing::info!(address = self.address, error, "a reader's session is over");
                Ok(self.over())
            }
        }
    }

    /// What to say next, where the last frame is answered: orders first, then lights and beeps, then the poll; the poll before
    /// lights and beeps until nothing of before is left.
    fn next_command(&mut self) -> OsdpCommand {
        if self.session.waits() {
            return OsdpCommand::Poll;
        }
        if let Some(output) = self.output
            && let Some(order) = self.next_order.take().filter(OutputOrder::is_good)
        {
            let command = OsdpCommand::Output(output, order.switch);
            self.sent_order = Some(order);
            return command;
        }
        match self.backlog {
            Backlog::Possible => OsdpCommand::Poll,
            Backlog::None => self.pending_indications.pop_front().unwrap_or(OsdpCommand::Poll),
        }
    }

    fn take(&mut self, reply: OsdpReply) -> PollResult {
        if let Some(order) = self.sent_order.take() {
            let refused = if let OsdpReply::Nak(why) = reply {
                Some(why.code())
            } else {
                None
            };
            order.settle(refused.map_or(Ok(()), |why| Err(OutputError::Refused(why))));
        } else if reply == OsdpReply::Ack {
            // Polled, it has nothing to tell.
            self.backlog = Backlog::None;
        }
        match reply {
            OsdpReply::Card(_) if self.backlog == Backlog::Possible => {
                tracing::debug!(address = self.address, "a card that was shown while nobody listened");
            }
            OsdpReply::Card(card) => return PollResult::Card(card),
            OsdpReply::LocalStatus(local) => self.local = local,
            OsdpReply::HeadStatus(heads) => {
                self.head = heads
                    .into_iter()
                    .find(|head| *head != ReaderStatus::Well)
                    .unwrap_or(ReaderStatus::Well);
            }
            OsdpReply::Nak(why) => tracing::debug!(address = self.address, ?why, "a reader will not"),
            OsdpReply::Keys(_) => tracing::debug!(address = self.address, "keys are pressed, which nobody reads"),
            OsdpReply::Ack
            | OsdpReply::Identity(_)
            | OsdpReply::Abilities(_)
            | OsdpReply::Challenged(_)
            | OsdpReply::Proved(_)
            | OsdpReply::Busy
            | OsdpReply::Other(_) => {}
        }
        PollResult::Nothing
    }

    /// The end: whoever waits for the output is told what is known.
    pub(super) fn over(&mut self) -> PollResult {
        if let Some(order) = self.sent_order.take() {
            order.settle(Err(OutputError::Unanswered));
        }
        if let Some(order) = self.next_order.take() {
            order.settle(Err(OutputError::Absent));
        }
        PollResult::Over
    }
}
