//! One reader on the bus, from turn to turn: away until it is greeted, then asked what happened.
//!
//! One that refuses is left in peace for minutes; one that is silent does not hold up the others.

use super::{
    exchange::Line,
    greet::{self, Refusal},
    relay::{Order, RelayError},
    session::{Over, Session, Turn},
    settings::ReaderSettings,
    show,
    wire::{
        command::{Command, Switch},
        reply::{Ability, Card, Case, Head, LocalStatus, Power, Reply},
    },
};
use crate::{
    reader::{Credential, Side, Verdict},
    wire::wiegand,
};
use adapter_sdk::{Clock, DriverError};
use protocol::fact::KeyKind;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Unanswered frames until a reader is begun with anew.
const SILENCES: u8 = 3;
/// For how long a reader may have no time.
const BUSY: Duration = Duration::from_secs(5);
/// Until a silent reader is looked for again: at first, and at most.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_AT_MOST: Duration = Duration::from_secs(10);
/// Until a reader that refused is asked again.
const REFUSED: Duration = Duration::from_secs(300);
/// Lights and beeps that wait; older ones are about somebody who is gone.
const WISHES: usize = 4;

/// One reader.
#[derive(Debug)]
pub(super) struct Seat {
    reader: ReaderSettings,
    /// Its output that opens the gate.
    output: Option<u8>,
    state: State,
    abilities: Vec<Ability>,
    local: LocalStatus,
    head: Head,
    wishes: VecDeque<Command>,
    /// What its output is to do, next and now.
    ordered: Option<Order>,
    obeying: Option<Order>,
}

#[derive(Debug)]
enum State {
    /// In no session, and not greeted before then.
    Away {
        until: Instant,
        pause: Duration,
        standing: Standing,
    },
    /// In a session.
    Here {
        session: Session,
        silences: u8,
        busy: Option<Instant>,
    },
}

/// How a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody has asked it yet.
    Unknown,
    /// Good.
    Well,
    /// Not: a short stable word.
    Trouble(&'static str),
}

impl Seat {
    /// A reader that nobody has spoken to yet.
    pub(super) fn new(reader: ReaderSettings, output: Option<u8>) -> Self {
        Self {
            reader,
            output,
            state: State::Away {
                until: Instant::now(),
                pause: LOOK,
                standing: Standing::Unknown,
            },
            abilities: Vec::new(),
            local: LocalStatus::default(),
            head: Head::Well,
            wishes: VecDeque::new(),
            ordered: None,
            obeying: None,
        }
    }

    /// The bus was opened anew: no session is left. One that refused stays in peace.
    pub(super) fn start_over(&mut self) {
        self.wishes.clear();
        if let State::Here { .. } = self.state {
            self.leave(Standing::Unknown);
        }
    }

    /// How it is.
    pub(super) fn standing(&self) -> Standing {
        match self.state {
            State::Away { standing, .. } => standing,
            State::Here { .. } => match (self.local.case, self.local.power, self.head) {
                (Case::Opened, _, _) | (_, _, Head::Opened) => Standing::Trouble("reader_tamper"),
                (Case::Closed, _, Head::Absent) => Standing::Trouble("reader_head_absent"),
                (Case::Closed, Power::Failing, Head::Well) => Standing::Trouble("reader_power"),
                (Case::Closed, Power::Good, Head::Well) => Standing::Well,
            },
        }
    }

    /// Where it hangs.
    pub(super) fn side(&self) -> Side {
        self.reader.side
    }

    /// Shows what was decided with its next turns, where it is in a session.
    pub(super) fn show(&mut self, verdict: Verdict) {
        if let State::Here { .. } = self.state {
            self.wishes.extend(show::commands(verdict.ruling, &self.abilities));
            let old = self.wishes.len().saturating_sub(WISHES);
            self.wishes.drain(..old);
        }
    }

    /// Whether its output opens this side.
    pub(super) fn relays(&self, side: Side) -> bool {
        self.output.is_some() && self.reader.side == side
    }

    /// Has its output do something with its next turn, if it is in a session.
    pub(super) fn order(&mut self, order: Order) {
        match self.state {
            State::Away { .. } => order.settle(Err(RelayError::Absent)),
            State::Here { .. } => self.ordered = Some(order),
        }
    }

    /// Its turn: gives what somebody showed.
    pub(super) async fn turn(&mut self, line: &mut Line, clock: &dyn Clock) -> Result<Option<Credential>, DriverError> {
        match self.state {
            State::Away { until, .. } if Instant::now() < until => Ok(None),
            State::Away { pause, .. } => {
                self.greet(line, clock, pause).await?;
                Ok(None)
            }
            State::Here { .. } => self.ask(line).await,
        }
    }

    async fn greet(&mut self, line: &mut Line, clock: &dyn Clock, pause: Duration) -> Result<(), DriverError> {
        let enrolment = self.reader.enrolment(clock.now());
        let greeting = async {
            let mut session = greet::greet(line, &self.reader, enrolment).await?;
            let met = meet(line, &mut session, self.output).await?;
            Ok((session, met))
        };
        let (standing, wait) = match greeting.await {
            Ok((session, (abilities, local))) => {
                (self.abilities, self.local, self.head) = (abilities, local, Head::Well);
                self.state = State::Here {
                    session,
                    silences: 0,
                    busy: None,
                };
                return Ok(());
            }
            Err(Refusal::Bus(end)) => return Err(end),
            Err(Refusal::Silent) => ("reader_offline", pause),
            Err(Refusal::Insecure) => ("reader_insecure", REFUSED),
            Err(Refusal::WrongKey) => ("reader_wrong_key", REFUSED),
            Err(Refusal::DefaultKey) => ("reader_default_key", REFUSED),
        };
        self.state = State::Away {
            until: Instant::now() + wait,
            pause: (2 * pause).min(LOOK_AT_MOST),
            standing: Standing::Trouble(standing),
        };
        Ok(())
    }

    async fn ask(&mut self, line: &mut Line) -> Result<Option<Credential>, DriverError> {
        if self.obeying.as_ref().is_some_and(|order| !order.is_good()) {
            // The reader had no time, and now it is too late: the frame must not go out again.
            self.leave(Standing::Well);
            return Ok(None);
        }
        let command = self.next_command();
        let State::Here {
            session,
            silences,
            busy,
        } = &mut self.state
        else {
            return Ok(None);
        };
        match session.ask(line, &command).await {
            Ok(Turn::Answered(reply)) => {
                (*silences, *busy) = (0, None);
                return Ok(self.take(reply));
            }
            Ok(Turn::Busy) => {
                let since = *busy.get_or_insert_with(Instant::now);
                if since.elapsed() > BUSY {
                    self.leave(Standing::Well);
                }
            }
            Ok(Turn::Silent) => {
                *silences += 1;
                // An output is never told twice: without an answer the session is over.
                if *silences >= SILENCES || self.obeying.is_some() {
                    self.leave(Standing::Well);
                }
            }
            Err(Over::Bus(end)) => return Err(end),
            Err(over @ (Over::Left(_) | Over::Forged(_) | Over::Garbled(_))) => {
                let address = self.reader.address;
                tracing::info!(
                    address,
                    error = &over as &dyn std::error::Error,
                    "a reader's session is over"
                );
                self.leave(Standing::Well);
            }
        }
        Ok(None)
    }

    /// What to say next, where the last frame is answered: orders first, then lights and beeps, then the poll.
    fn next_command(&mut self) -> Command {
        let free = matches!(&self.state, State::Here { session, .. } if !session.waits());
        if free
            && let Some(output) = self.output
            && let Some(order) = self.ordered.take().filter(Order::is_good)
        {
            let command = Command::Output(output, order.switch);
            self.obeying = Some(order);
            return command;
        }
        let wish = if free { self.wishes.pop_front() } else { None };
        wish.unwrap_or(Command::Poll)
    }

    /// Out of the session, and to be greeted with the next turn: how it is changes only where that fails.
    fn leave(&mut self, standing: Standing) {
        self.wishes.clear();
        if let Some(order) = self.obeying.take() {
            order.settle(Err(RelayError::Unanswered));
        }
        if let Some(order) = self.ordered.take() {
            order.settle(Err(RelayError::Absent));
        }
        self.state = State::Away {
            until: Instant::now(),
            pause: LOOK,
            standing,
        };
    }

    fn take(&mut self, reply: Reply) -> Option<Credential> {
        if let Some(order) = self.obeying.take() {
            order.settle(match reply {
                Reply::Nak(why) => Err(RelayError::Refused(why.code())),
                _ => Ok(()),
            });
        }
        match reply {
            Reply::Card(card) => return self.credential(card),
            Reply::LocalStatus(local) => self.local = local,
            Reply::HeadStatus(heads) => {
                self.head = heads.into_iter().find(|head| *head != Head::Well).unwrap_or(Head::Well)
            }
            Reply::Nak(why) => tracing::debug!(address = self.reader.address, ?why, "a reader will not"),
            Reply::Keys(_) => tracing::debug!(address = self.reader.address, "keys are pressed, which nobody reads"),
            Reply::Ack
            | Reply::Identity(_)
            | Reply::Abilities(_)
            | Reply::Challenged(_)
            | Reply::Proved(_)
            | Reply::Busy
            | Reply::Other(_) => {}
        }
        None
    }

    fn credential(&self, card: Card) -> Option<Credential> {
        match wiegand::number(card.bits, card.count) {
            Ok(number) => Some(Credential {
                side: self.reader.side,
                kind: KeyKind::Card,
                number,
            }),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(address = self.reader.address, error, "a card that says nothing");
                None
            }
        }
    }
}

/// Gets to know a reader: what it can do and how it is.
async fn meet(
    line: &mut Line,
    session: &mut Session,
    output: Option<u8>,
) -> Result<(Vec<Ability>, LocalStatus), Refusal> {
    if let Some(output) = output {
        // The safe state first, whatever a session before this one left behind.
        let rested = greet::demand(line, session, &Command::Output(output, Switch::Off)).await?;
        if let Reply::Nak(why) = rested {
            tracing::warn!(output, ?why, "a reader refuses to switch its output off");
        }
    }
    if let Reply::Identity(identity) = greet::demand(line, session, &Command::Identify).await? {
        tracing::info!(?identity, "a reader is here");
    }
    let abilities = match greet::demand(line, session, &Command::Abilities).await? {
        Reply::Abilities(abilities) => abilities,
        _ => Vec::new(),
    };
    let local = match greet::demand(line, session, &Command::LocalStatus).await? {
        Reply::LocalStatus(local) => local,
        _ => LocalStatus::default(),
    };
    Ok((abilities, local))
}
