//! How values look inside redb: a checksum in front of each, sealed where there is a key.
//!
//! A value whose checksum does not match, or that was sealed under another name, is never handed out.

use crate::{error::JournalError, types::Table};
use edge_seal::SealingKey;

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

/// A value of a table as it lies in redb.
pub(crate) fn stored(
    seal: Option<&SealingKey>,
    table: Table,
    key: &str,
    value: &[u8],
) -> Result<Vec<u8>, JournalError> {
    let Some(seal) = seal else {
        return Ok(with_checksum(value));
    };
    let sealed = seal.seal(&name(table, key), value);
    let sealed = sealed.map_err(|source| JournalError::Seal {
        table,
        key: key.to_owned(),
        source,
    })?;
    Ok(with_checksum(&sealed))
}

/// A value of a table, from what lies in redb.
pub(crate) fn opened(
    seal: Option<&SealingKey>,
    table: Table,
    key: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, JournalError> {
    let value = checked(bytes).and_then(|value| match seal {
        None => Some(value.to_vec()),
        Some(seal) => Some(seal.open(&name(table, key), value).ok()?.to_vec()),
    });
    value.ok_or_else(|| JournalError::Value {
        table,
        key: key.to_owned(),
    })
}

/// The name a value is sealed under: what stands in one place opens in no other.
fn name(table: Table, key: &str) -> String {
    format!("{}/{key}", table.as_str())
}
