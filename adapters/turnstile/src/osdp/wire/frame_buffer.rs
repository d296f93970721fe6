//! Bytes as they come off the bus, in pieces and between noise, put together into frames.
//!
//! Whatever comes, it never holds more than one longest frame and a piece, and what is no frame is left out.

use super::frame::{LONGEST, MARK, OsdpFrame, SHORTEST};

/// What came and is not a whole frame yet.
#[derive(Debug, Default)]
pub(crate) struct OsdpFrameBuffer {
    buffer: Vec<u8>,
}

impl OsdpFrameBuffer {
    /// Bytes as they came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Forgets what came: nobody waits for it any more.
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
    }

    /// The next whole frame; `None` until more comes.
    pub(crate) fn next_frame(&mut self) -> Option<OsdpFrame> {
        loop {
            let noise = self.buffer.iter().take_while(|byte| **byte != MARK).count();
            self.buffer.drain(..noise);
            let &[_, _, l0, l1, ..] = self.buffer.as_slice() else {
                return None;
            };
            let length = usize::from(u16::from_le_bytes([l0, l1]));
            let whole = if (SHORTEST..=LONGEST).contains(&length) {
                match self.buffer.get(..length) {
                    Some(bytes) => OsdpFrame::parse(bytes).ok(),
                    None => return None,
                }
            } else {
                None
            };
            // No frame begins here after all: it may begin at the next mark.
            self.buffer.drain(..if whole.is_some() { length } else { 1 });
            if whole.is_some() {
                return whole;
            }
        }
    }
}
