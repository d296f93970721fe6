//! Inflating batches, with the limits enforced while inflating: what a bomb would have become is never held.

use super::refusal::Refusal;
use protocol::batch::MAX_PLAIN;
use std::io::Read as _;

/// Largest window a batch may ask the decoder to keep: 2^24 bytes, as large as the largest batch.
const MAX_WINDOW_LOG: u32 = 24;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Plain,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Encoding {
    /// Reads a `content-encoding` header.
    pub(crate) fn of(header: Option<&str>) -> Result<Self, Refusal> {
        match header {
            None | Some("identity") => Ok(Self::Plain),
            Some("zstd") => Ok(Self::Zstd),
            Some(_) => Err(Refusal::Unsupported("content-encoding is zstd or nothing")),
        }
    }
}

/// The batch as it was before it was compressed: at most [`MAX_PLAIN`] bytes.
pub(crate) fn inflate(wire: &[u8], encoding: Encoding) -> Result<Vec<u8>, Refusal> {
    let too_large = || Refusal::TooLarge { limit: MAX_PLAIN };
    match encoding {
        Encoding::Plain if wire.len() > MAX_PLAIN => Err(too_large()),
        Encoding::Plain => Ok(wire.to_vec()),
        Encoding::Zstd => {
            let broken = |_| Refusal::Malformed("the body is no zstd stream");
            let mut decoder = zstd::stream::read::Decoder::with_buffer(wire).map_err(broken)?;
            decoder.window_log_max(MAX_WINDOW_LOG).map_err(broken)?;
            let mut plain = Vec::with_capacity(wire.len().saturating_mul(4).min(MAX_PLAIN));
            decoder
                .take(MAX_PLAIN as u64 + 1)
                .read_to_end(&mut plain)
                .map_err(broken)?;
            if plain.len() > MAX_PLAIN {
                Err(too_large())
            } else {
                Ok(plain)
            }
        }
    }
}
