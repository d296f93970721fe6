//! Large reads: a store is made ready, read in chunks, and let go.

use super::field::FieldReader;

/// The most bytes of one chunk over TCP.
pub(crate) const TCP_CHUNK: u32 = 0xFFC0;
/// The most bytes of one chunk over UDP: devices take 16 KiB, but a lost datagram costs the whole chunk.
pub(crate) const UDP_CHUNK: u32 = 4 * 1024;

/// Which users, in the body of `PREPARE`.
pub(crate) const ALL_USERS: u32 = 5;

/// The body of `PREPARE`: which store, and which part of it.
pub(crate) fn prepare(store: u16, part: u32) -> Vec<u8> {
    let mut body = vec![1];
    body.extend_from_slice(&store.to_le_bytes());
    body.extend_from_slice(&part.to_le_bytes());
    body.extend_from_slice(&[0; 4]);
    body
}

/// The bytes that are ready, from the answer to `PREPARE`.
pub(crate) fn ready(body: &[u8]) -> Option<u32> {
    let mut fields = FieldReader::of(body);
    fields.u8()?;
    fields.u32()
}

/// The body of `READ`.
pub(crate) fn read(start: u32, size: u32) -> Vec<u8> {
    [start.to_le_bytes(), size.to_le_bytes()].concat()
}

/// Bytes that follow, from the body of `CHUNK`.
pub(crate) fn announced(body: &[u8]) -> Option<u32> {
    FieldReader::of(body).u32()
}
