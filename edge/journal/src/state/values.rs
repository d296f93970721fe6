//! How values look inside redb: a checksum in front of each.
//!
//! A value whose checksum does not match is never handed out.

/// CRC-32C as `u32` little endian, then the value.
pub(crate) fn with_checksum(value: &[u8]) -> Vec<u8> {
    let mut out = crc32c::crc32c(value).to_le_bytes().to_vec();
    out.extend_from_slice(value);
    out
}

/// The value, if its checksum matches.
pub(crate) fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (crc, value) = bytes.split_first_chunk::<4>()?;
    (crc32c::crc32c(value) == u32::from_le_bytes(*crc)).then_some(value)
}
