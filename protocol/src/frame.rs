//! A record's bytes: the same on the edge's disk, in a batch on the wire, and when the cloud checks them.
//!
//! Layout, little endian: `len: u32` (body bytes), `crc: u32`, `seq: u64`, then the body. The checksum is CRC-32C over
//! `len`, `seq` and body, so that a flipped bit anywhere in the record is seen. A `len` of zero marks the end of what
//! was written: segment files are preallocated with zeros, and no record has an empty body.

use crate::lane::Seq;

/// Bytes in front of each body.
pub const HEADER: usize = 16;
/// Largest body: 1 MiB. Larger things are blobs, not events.
pub const MAX_BODY: usize = 1 << 20;

/// One record as found in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Place in the lane.
    pub seq: Seq,
    /// The event, as JSON.
    pub body: &'a [u8],
}

impl Frame<'_> {
    /// Bytes this record takes, header included.
    pub fn size(&self) -> usize {
        HEADER + self.body.len()
    }
}

/// Why no record could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Zeros: nothing was written from here on.
    #[error("nothing was written here")]
    End,
    /// The buffer ends inside the record.
    #[error("the record is cut off")]
    Cut,
    /// The length is beyond [`MAX_BODY`].
    #[error("a record of {len} bytes is longer than {MAX_BODY}")]
    TooLong {
        /// Length given in the header.
        len: u32,
    },
    /// The checksum does not match: bits have flipped, or this is not a record.
    #[error("the record's checksum does not match")]
    Checksum,
}

/// A body that cannot be a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record's body is 1 to {MAX_BODY} bytes, not {len}")]
pub struct BodySize {
    /// Bytes given.
    pub len: usize,
}

/// Appends one record to `out`.
pub fn encode(out: &mut Vec<u8>, seq: Seq, body: &[u8]) -> Result<(), BodySize> {
    let len = u32::try_from(body.len()).map_err(|_| BodySize { len: body.len() })?;
    if len == 0 || body.len() > MAX_BODY {
        return Err(BodySize { len: body.len() });
    }
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&checksum(len, seq, body).to_le_bytes());
    out.extend_from_slice(&seq.0.to_le_bytes());
    out.extend_from_slice(body);
    Ok(())
}

/// Reads the record at the start of `bytes`.
pub fn decode(bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    let (len, rest) = bytes.split_first_chunk::<4>().ok_or(FrameError::Cut)?;
    let len = u32::from_le_bytes(*len);
    if len == 0 {
        return Err(FrameError::End);
    }
    if len as usize > MAX_BODY {
        return Err(FrameError::TooLong { len });
    }
    let (crc, rest) = rest.split_first_chunk::<4>().ok_or(FrameError::Cut)?;
    let (seq, rest) = rest.split_first_chunk::<8>().ok_or(FrameError::Cut)?;
    let body = rest.get(..len as usize).ok_or(FrameError::Cut)?;
    let seq = Seq(u64::from_le_bytes(*seq));
    if checksum(len, seq, body) != u32::from_le_bytes(*crc) {
        return Err(FrameError::Checksum);
    }
    Ok(Frame { seq, body })
}

/// The records of a buffer, one after another, up to its end or the first that cannot be read.
pub fn decode_all(mut bytes: &[u8]) -> impl Iterator<Item = Result<Frame<'_>, FrameError>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let frame = decode(bytes);
        bytes = match &frame {
            Ok(frame) => bytes.get(frame.size()..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(frame)
    })
}

fn checksum(len: u32, seq: Seq, body: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&len.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &seq.0.to_le_bytes());
    crc32c::crc32c_append(crc, body)
}
