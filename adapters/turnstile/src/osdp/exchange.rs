//! The bus: one frame out, and the frame that answers it back.
//!
//! What comes without the security that was asked for is no answer, unless it only says no.

use super::wire::{
    frame::{FrameDirection, OsdpFrame, Security},
    frame_buffer::OsdpFrameBuffer,
};
use adapter_sdk::{DriverError, socket::ByteChannel};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Time for a reader to begin its answer (SIA OSDP 2.2 §5.7), once our frame is out.
const ANSWER: Duration = Duration::from_millis(200);
/// Bytes of a long answer: while they travel, the time for the answer does not run.
const LONG_ANSWER: usize = 64;
/// Bits on the line for one byte.
const BITS: u32 = 10;
/// Goes before each frame, so that receivers wake up.
const WAKE: u8 = 0xFF;
/// `osdp_BUSY`, which comes plain and with number 0, whatever was asked.
const BUSY: u8 = 0x79;
/// `osdp_NAK`, which comes plain from whoever is in no session.
const NAK: u8 = 0x41;

/// The bus.
#[derive(Debug)]
pub(super) struct OsdpBus {
    channel: Box<dyn ByteChannel>,
    frame_buffer: OsdpFrameBuffer,
    baud: u32,
}

impl OsdpBus {
    /// A bus of that many bits per second.
    pub(super) fn new(channel: Box<dyn ByteChannel>, baud: u32) -> Self {
        Self {
            channel,
            frame_buffer: OsdpFrameBuffer::default(),
            baud,
        }
    }

    /// Sends a frame and waits for its answer; `None`: none came.
    pub(super) async fn ask(&mut self, frame: &OsdpFrame) -> Result<Option<OsdpFrame>, DriverError> {
        let lost = |doing| move |source| DriverError::Lost { doing, source };
        let mut bytes = vec![WAKE];
        bytes.extend(frame.encode());
        let deadline = Instant::now() + ANSWER + self.airtime(bytes.len() + LONG_ANSWER);
        self.frame_buffer.clear();
        let written = self.channel.write(&bytes, deadline).await;
        written.map_err(lost("asking a reader"))?;
        // Where bytes never end a timeout alone would never come.
        while Instant::now() < deadline
            && let Ok(came) = timeout_at(deadline, self.channel.read()).await
        {
            self.frame_buffer.feed(&came.map_err(lost("listening to the readers"))?);
            while let Some(reply) = self.frame_buffer.next_frame() {
                if answers(&reply, frame) {
                    return Ok(Some(reply));
                }
                tracing::debug!(
                    address = reply.address,
                    code = reply.code,
                    "a frame that answers nothing"
                );
            }
        }
        // An adapter that hung must not send it later: it may open.
        self.channel.discard_unsent();
        Ok(None)
    }

    fn airtime(&self, bytes: usize) -> Duration {
        let bits = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_mul(BITS);
        Duration::from_secs(1) * bits / self.baud.max(1)
    }
}

fn answers(reply: &OsdpFrame, asked: &OsdpFrame) -> bool {
    if reply.direction != FrameDirection::Reply || reply.address != asked.address {
        return false;
    }
    let plain = reply.security == Security::Plain;
    if plain && reply.code == BUSY {
        return reply.sequence == asked.sequence || reply.sequence == 0;
    }
    let secure = match (asked.security, reply.security) {
        (Security::Plain, Security::Plain) | (Security::Sealed { .. }, Security::Sealed { .. }) => true,
        (Security::Handshake(step, _), Security::Handshake(answered, _)) => step == answered,
        (Security::Plain | Security::Handshake(..) | Security::Sealed { .. }, _) => plain && reply.code == NAK,
    };
    secure && reply.sequence == asked.sequence
}
