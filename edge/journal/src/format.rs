//! What a segment holds besides records: header, mark, seal. Bytes in, values out; no time, no state, no panic.
//!
//! All numbers are little endian. Records themselves are [`protocol::frame`] and nothing else.

use protocol::lane::{Epoch, Lane, Seq};

/// Bytes of a header; the first record is right behind it.
pub(crate) const HEADER: usize = 64;
/// Bytes of a mark.
pub(crate) const MARK: usize = 32;
/// Bytes of a seal.
pub(crate) const SEAL: usize = 64;
/// Bytes of a segment that hold no record.
pub(crate) const OVERHEAD: usize = HEADER + MARK + SEAL;
/// What starts a mark, behind its zero length and its checksum.
pub(crate) const MARK_MAGIC: &[u8; 8] = b"OSTJMARK";

const HEADER_MAGIC: &[u8; 8] = b"OSTJSEG1";
const SEAL_MAGIC: &[u8; 8] = b"OSTJSEAL";

/// The first bytes of a segment: `OSTJSEG1`, epoch `u32`, lane `u32`, ordinal `u64`, first seq `u64`, zeros, CRC-32C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) lane: Lane,
    pub(crate) epoch: Epoch,
    /// Place of the segment in its lane, from 1; also in the file's name.
    pub(crate) ordinal: u64,
    /// Seq of the first record that was to be written here.
    pub(crate) first: Seq,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(HEADER_MAGIC);
        out.extend_from_slice(&self.epoch.0.to_le_bytes());
        out.extend_from_slice(&lane_number(self.lane).to_le_bytes());
        out.extend_from_slice(&self.ordinal.to_le_bytes());
        out.extend_from_slice(&self.first.0.to_le_bytes());
        finish(out, HEADER)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = ByteCursor::open(bytes, HEADER, HEADER_MAGIC)?;
        let epoch = Epoch(fields.u32()?);
        let lane = *Lane::ALL
            .iter()
            .find(|lane| Some(lane_number(**lane)) == fields.peek_u32())?;
        fields.u32()?;
        Some(Self {
            lane,
            epoch,
            ordinal: fields.u64()?,
            first: Seq(fields.u64()?),
        })
    }
}

/// What follows the last batch: zero (so that a record reader sees the end), CRC-32C of the rest, `OSTJMARK`, offset of
/// the last batch `u64`, seq of its last record `u64`. The next batch overwrites it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchMark {
    pub(crate) batch: u64,
    pub(crate) last: Seq,
}

impl BatchMark {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut rest = Vec::with_capacity(MARK);
        rest.extend_from_slice(MARK_MAGIC);
        rest.extend_from_slice(&self.batch.to_le_bytes());
        rest.extend_from_slice(&self.last.0.to_le_bytes());
        let mut out = vec![0; 4];
        out.extend_from_slice(&crc32c::crc32c(&rest).to_le_bytes());
        out.extend_from_slice(&rest);
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.get(8..MARK)?;
        let mut fields = ByteCursor(bytes);
        let sound = fields.u32()? == 0 && fields.u32()? == crc32c::crc32c(rest) && fields.take(8)? == MARK_MAGIC;
        sound.then_some(())?;
        Some(Self {
            batch: fields.u64()?,
            last: Seq(fields.u64()?),
        })
    }
}

/// The last bytes of a segment that has a successor: `OSTJSEAL`, last seq `u64`, records `u64`, end of the records
/// `u64`, first seq `u64`, zeros, CRC-32C. It never precedes its successor onto the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) first: Seq,
    pub(crate) last: Seq,
    pub(crate) count: u64,
    pub(crate) end: u64,
}

impl Seal {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEAL);
        out.extend_from_slice(SEAL_MAGIC);
        for number in [self.last.0, self.count, self.end, self.first.0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        finish(out, SEAL)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = ByteCursor::open(bytes, SEAL, SEAL_MAGIC)?;
        let (last, count, end) = (Seq(fields.u64()?), fields.u64()?, fields.u64()?);
        Some(Self {
            last,
            count,
            end,
            first: Seq(fields.u64()?),
        })
    }
}

/// Name of a segment's file.
pub(crate) fn segment_name(lane: Lane, ordinal: u64) -> String {
    format!("{lane}-{ordinal:010}.seg")
}

/// Lane and ordinal of a segment's file; `None` for other files.
pub(crate) fn parse_segment_name(name: &str) -> Option<(Lane, u64)> {
    let (lane, ordinal) = name.strip_suffix(".seg")?.split_once('-')?;
    let (lane, ordinal) = (lane.parse().ok()?, ordinal.parse().ok()?);
    (segment_name(lane, ordinal) == name).then_some((lane, ordinal))
}

fn lane_number(lane: Lane) -> u32 {
    match lane {
        Lane::Facts => 1,
        Lane::Telemetry => 2,
    }
}

/// Pads to `size` and ends with the checksum of all before it.
fn finish(mut out: Vec<u8>, size: usize) -> Vec<u8> {
    out.resize(size - 4, 0);
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    out
}

struct ByteCursor<'a>(&'a [u8]);

impl<'a> ByteCursor<'a> {
    fn open(bytes: &'a [u8], size: usize, magic: &[u8; 8]) -> Option<Self> {
        let (content, crc) = bytes.get(..size)?.split_last_chunk::<4>()?;
        let sound = crc32c::crc32c(content) == u32::from_le_bytes(*crc);
        let mut fields = ByteCursor(content);
        (fields.take(8)? == magic && sound).then_some(fields)
    }
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn peek_u32(&self) -> Option<u32> {
        self.0.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
    }
    fn u32(&mut self) -> Option<u32> {
        let value = self.peek_u32();
        self.take(4)?;
        value
    }
    fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }
}
