//! Values on their way into redb: sealed where there is a key.

use super::values::stored;
use crate::{error::JournalError, types::Table};
use edge_seal::SealingKey;
use std::collections::BTreeMap;

/// Values that wait to be put, or removed, by table and key.
pub(super) type Waiting = BTreeMap<(Table, String), Option<Vec<u8>>>;

/// A table, a key and the bytes to lie there; none: nothing is to lie there any more.
pub(super) type Change<'a> = (Table, &'a str, Option<Vec<u8>>);

/// What waits, as it will lie in redb.
pub(super) fn changes<'a>(waiting: &'a Waiting, seal: Option<&SealingKey>) -> Result<Vec<Change<'a>>, JournalError> {
    let each = waiting.iter().map(|((table, key), value)| {
        let bytes = value.as_ref().map(|value| stored(seal, *table, key, value));
        Ok((*table, key.as_str(), bytes.transpose()?))
    });
    each.collect()
}
