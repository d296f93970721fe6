//! A session with one reader: sealed frames, each numbered after the one before it.
//!
//! The next frame is not sealed before the last one is answered; until then the same one goes out again, byte for byte,
//! which a reader recognises by its number and does not obey twice.

use super::{
    exchange::OsdpBus,
    secure_channel::{MacChain, SealError},
    wire::{
        command::OsdpCommand,
        frame::{FrameCheck, FrameDirection, OsdpFrame, Security},
        reply::{Nak, OsdpReply, ReplyError},
    },
};
use adapter_sdk::DriverError;

/// A session.
#[derive(Debug)]
pub(super) struct SecureSession {
    address: u8,
    chain: MacChain,
    sequence: u8,
    unanswered: Option<OsdpFrame>,
}

/// What one frame brought.
#[derive(Debug)]
pub(super) enum ExchangeResult {
    /// An answer.
    Answered(OsdpReply),
    /// The reader has no time: the same frame again later.
    Busy,
    /// Nothing.
    Silent,
}

/// Why a session is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    /// The bus is gone.
    #[error("the bus is gone")]
    Bus(#[source] DriverError),
    /// The reader knows of no session any more: it was reset, or somebody else spoke for it.
    #[error("the reader is in no session: {0:?}")]
    Left(Nak),
    /// Somebody else spoke for it, or frames were lost both ways.
    #[error("the answer is not the session's next")]
    Forged(#[source] SealError),
    /// It does not speak as it should.
    #[error("the answer cannot be read")]
    Garbled(#[source] ReplyError),
}

/// A frame of the panel. 0 begins anew.
pub(super) fn frame(address: u8, sequence: u8, security: Security, command: &OsdpCommand) -> OsdpFrame {
    OsdpFrame {
        direction: FrameDirection::Command,
        address,
        sequence,
        check: FrameCheck::Crc,
        security,
        code: command.code(),
        body: command.body(),
    }
}

impl SecureSession {
    /// A session whose next frame has this number, 1 to 3.
    pub(super) fn new(address: u8, chain: MacChain, sequence: u8) -> Self {
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
    pub(super) async fn ask(
        &mut self,
        line: &mut OsdpBus,
        command: &OsdpCommand,
    ) -> Result<ExchangeResult, SessionError> {
        let sealed = match self.unanswered.take() {
            Some(sealed) => sealed,
            None => {
                let plain = frame(self.address, self.sequence, Security::Plain, command);
                self.chain.seal(plain)
            }
        };
        let answer = line.ask(&sealed).await.map_err(SessionError::Bus)?;
        let Some(answer) = answer else {
            self.unanswered = Some(sealed);
            return Ok(ExchangeResult::Silent);
        };
        let parse = |body: &[u8]| OsdpReply::parse(answer.code, body).map_err(SessionError::Garbled);
        if answer.security == Security::Plain {
            // Nothing else comes through plain but that it has no time (`exchange`).
            if let OsdpReply::Nak(why) = parse(&answer.body)? {
                return Err(SessionError::Left(why));
            }
            self.unanswered = Some(sealed);
            return Ok(ExchangeResult::Busy);
        }
        let body = self.chain.open(&answer).map_err(SessionError::Forged)?;
        self.sequence = self.sequence % 3 + 1;
        parse(&body).map(ExchangeResult::Answered)
    }
}
