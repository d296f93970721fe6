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

/// How many bytes a batch will be once it is inflated: what its zstd frame says, or the most there may be where the
/// frame does not say. [`inflate`] makes no more of it than this.
pub(crate) fn announced_size(wire: &[u8], encoding: Encoding) -> Result<usize, Refusal> {
    let announced = match encoding {
        Encoding::Plain => Some(wire.len() as u64),
        Encoding::Zstd => zstd::zstd_safe::get_frame_content_size(wire)
            .map_err(|_| Refusal::Malformed("the body is no zstd stream"))?,
    };
    match announced.map(usize::try_from) {
        None => Ok(MAX_PLAIN),
        Some(Ok(len)) if len <= MAX_PLAIN => Ok(len),
        Some(Ok(_) | Err(_)) => Err(Refusal::TooLarge { limit: MAX_PLAIN }),
    }
}

/// The batch as it was before it was compressed: at most as long as it announces, and never more than [`MAX_PLAIN`].
pub(crate) fn inflate(wire: &[u8], encoding: Encoding) -> Result<Vec<u8>, Refusal> {
    let most = announced_size(wire, encoding)?;
    match encoding {
        Encoding::Plain => Ok(wire.to_vec()),
        Encoding::Zstd => {
            let broken = |_| Refusal::Malformed("the body is no zstd stream");
            let mut decoder = zstd::stream::read::Decoder::with_buffer(wire).map_err(broken)?;
            decoder.window_log_max(MAX_WINDOW_LOG).map_err(broken)?;
            let mut plain = Vec::with_capacity(most.min(wire.len().saturating_mul(32)));
            decoder.take(most as u64 + 1).read_to_end(&mut plain).map_err(broken)?;
            if plain.len() > most {
                Err(Refusal::TooLarge { limit: most })
            } else {
                Ok(plain)
            }
        }
    }
}
