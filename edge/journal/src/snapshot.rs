//! Snapshots: what each app of the owner knew after the facts up to some seq, compressed where nobody waits for it.
//!
//! Every app has a snapshot of its own with its own `upto`. One that did not change is not written again: only its `upto`
//! moves.

use crate::state::values::{checked, with_checksum};
use protocol::lane::Seq;
use std::io;

const LEVEL: i32 = 1;
/// Largest state once unpacked: what a damaged length cannot exceed.
const MAX_STATE: usize = 256 << 20;

/// One app's state after the facts up to `upto`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Which app, by the name it keeps on disk.
    pub app: String,
    /// Last seq of the facts lane that it covers.
    pub upto: Seq,
    /// The state. When it is written, none where the one on disk is still right: then only `upto` moves. When it is read, none
    /// where it is missing.
    pub state: Option<PackedState>,
}

/// A state as it is written: compressed and sealed with a checksum. Made on any thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedState(Vec<u8>);

impl PackedState {
    /// Packs a state as its owner encoded it.
    pub fn pack(state: &[u8]) -> io::Result<Self> {
        let mut out = (state.len() as u64).to_le_bytes().to_vec();
        out.extend_from_slice(&zstd::bulk::compress(state, LEVEL)?);
        Ok(Self(with_checksum(&out)))
    }

    /// The state as its owner encoded it; none where it is damaged.
    pub fn unpack(&self) -> Option<Vec<u8>> {
        let (len, packed) = checked(&self.0)?.split_first_chunk::<8>()?;
        unpacked(*len, packed)
    }

    /// Bytes it takes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing, which no packed state is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// The one snapshot of all apps together that was written before each had its own: `upto` and the state.
pub(crate) fn unpack_whole(bytes: &[u8]) -> Option<(Seq, Vec<u8>)> {
    let (upto, rest) = checked(bytes)?.split_first_chunk::<8>()?;
    let (len, packed) = rest.split_first_chunk::<8>()?;
    Some((Seq(u64::from_le_bytes(*upto)), unpacked(*len, packed)?))
}

fn unpacked(len: [u8; 8], packed: &[u8]) -> Option<Vec<u8>> {
    let len = usize::try_from(u64::from_le_bytes(len))
        .ok()
        .filter(|len| *len <= MAX_STATE)?;
    zstd::bulk::decompress(packed, len).ok()
}

/// As [`unpack_whole`] reads it: only what plays an older build writes it.
pub(crate) fn pack_whole(upto: Seq, state: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = upto.0.to_le_bytes().to_vec();
    out.extend_from_slice(&(state.len() as u64).to_le_bytes());
    out.extend_from_slice(&zstd::bulk::compress(state, LEVEL)?);
    Ok(with_checksum(&out))
}
