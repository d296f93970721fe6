//! How values look inside redb: a checksum in front of each, and the snapshot compressed.
//!
//! A value whose checksum does not match is never handed out.

use crate::types::Snapshot;
use protocol::lane::Seq;
use std::io;

const LEVEL: i32 = 1;
/// Largest snapshot once unpacked: what a damaged length cannot exceed.
const MAX_SNAPSHOT: usize = 256 << 20;

/// CRC-32C as `u32` little endian, then the value.
pub(crate) fn sealed(value: &[u8]) -> Vec<u8> {
    let mut out = crc32c::crc32c(value).to_le_bytes().to_vec();
    out.extend_from_slice(value);
    out
}

/// The value, if its checksum matches.
pub(crate) fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (crc, value) = bytes.split_first_chunk::<4>()?;
    (crc32c::crc32c(value) == u32::from_le_bytes(*crc)).then_some(value)
}

/// `upto` and the state's length as `u64` little endian, then the state as zstd, all sealed.
pub(crate) fn pack(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let mut out = snapshot.upto.0.to_le_bytes().to_vec();
    out.extend_from_slice(&(snapshot.state.len() as u64).to_le_bytes());
    out.extend_from_slice(&zstd::bulk::compress(&snapshot.state, LEVEL)?);
    Ok(sealed(&out))
}

/// Undoes [`pack`].
pub(crate) fn unpack(bytes: &[u8]) -> Option<Snapshot> {
    let (upto, rest) = checked(bytes)?.split_first_chunk::<8>()?;
    let (len, packed) = rest.split_first_chunk::<8>()?;
    let len = usize::try_from(u64::from_le_bytes(*len))
        .ok()
        .filter(|len| *len <= MAX_SNAPSHOT)?;
    let state = zstd::bulk::decompress(packed, len).ok()?;
    Some(Snapshot {
        upto: Seq(u64::from_le_bytes(*upto)),
        state,
    })
}
