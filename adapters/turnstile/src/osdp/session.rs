//! A session with one reader: sealed frames, each numbered after the one before it.
//!
//! The next frame is not sealed before the last one is answered; until then the same one goes out again, byte for byte,
//! which a reader recognises by its number and does not obey twice.

use super::{
    exchange::Line,
    secure::{Chain, Forged},
    wire::{
        command::Command,
        frame::{Check, Frame, Security, Way},
        reply::{Nak, Reply, ReplyError},
    },
};
use adapter_sdk::DriverError;

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    address: u8,
    chain: Chain,
    sequence: u8,
    unanswered: Option<Frame>,
}

/// What one frame brought.
#[derive(Debug)]
pub(super) enum Turn {
    /// An answer.
    Answered(Reply),
    /// The reader has no time: the same frame again later.
    Busy,
    /// Nothing.
    Silent,
}

/// Why a session is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum Over {
    /// The bus is gone.
    #[error("the bus is gone")]
    Bus(#[source] DriverError),
    /// The reader knows of no session any more: it was reset, or somebody else spoke for it.
    #[error("the reader is in no session: {0:?}")]
    Left(Nak),
    /// Somebody else spoke for it, or frames were lost both ways.
    #[error("the answer is not the session's next")]
    Forged(#[source] Forged),
    /// It does not speak as it should.
    #[error("the answer cannot be read")]
    Garbled(#[source] ReplyError),
}

/// A frame of the panel. 0 begins anew.
pub(super) fn frame(address: u8, sequence: u8, security: Security, command: &Command) -> Frame {
    Frame {
        way: Way::Command,
        address,
        sequence,
        check: Check::Crc,
        security,
        code: command.code(),
        body: command.body(),
    }
}

impl Session {
    /// A session whose next frame has this number, 1 to 3.
    pub(super) fn new(address: u8, chain: Chain, sequence: u8) -> Self {
        Self {
            address,
            chain,
            sequence,
            unanswered: None,
        }
    }

    /// Whether the last frame is still to be answered.
    pub(super) fn waits(&self) -> bool {
        self.unanswered.is_some()
    }

    /// Sends a command; where the last frame is still to be answered, that one again.
    pub(super) async fn ask(&mut self, line: &mut Line, command: &Command) -> Result<Turn, Over> {
        let sealed = match self.unanswered.take() {
            Some(sealed) => sealed,
            None => {
                let plain = frame(self.address, self.sequence, Security::Plain, command);
                self.chain.seal(plain)
            }
        };
        let answer = line.ask(&sealed).await.map_err(Over::Bus)?;
        let Some(answer) = answer else {
            self.unanswered = Some(sealed);
            return Ok(Turn::Silent);
        };
        let parse = |body: &[u8]| Reply::parse(answer.code, body).map_err(Over::Garbled);
        if answer.security == Security::Plain {
            // Nothing else comes through plain but that it has no time (`exchange`).
            if let Reply::Nak(why) = parse(&answer.body)? {
                return Err(Over::Left(why));
            }
            self.unanswered = Some(sealed);
            return Ok(Turn::Busy);
        }
        let body = self.chain.open(&answer).map_err(Over::Forged)?;
        self.sequence = self.sequence % 3 + 1;
        parse(&body).map(Turn::Answered)
    }
}
