//! The cloud's half: what to send an edge next, from what it says it holds. Pure: the store keeps the rows.

use super::{
    delta::{MAX_ROW_BYTES, MAX_ROWS, Row},
    hash::RegisterHash,
    id::RegisterVersion,
    replica::HeldRegister,
};

/// A register as the cloud has it, without its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterState {
    /// How far it has come.
    pub version: RegisterVersion,
    /// Deletions up to here were forgotten: who holds less must begin anew.
    pub floor: RegisterVersion,
    /// The hash of its rows.
    pub hash: RegisterHash,
}

/// What an edge needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaPlan {
    /// Nothing: it holds what there is.
    Nothing,
    /// What changed after this version.
    After(RegisterVersion),
    /// The whole table, from the beginning.
    Everything,
}

/// What an edge needs that holds this; `None`: it said nothing of the register.
pub fn next(state: &RegisterState, held: Option<&HeldRegister>) -> DeltaPlan {
    let Some(held) = held.filter(|held| held.version > RegisterVersion::NONE) else {
        return if state.version == RegisterVersion::NONE {
            DeltaPlan::Nothing
        } else {
            DeltaPlan::Everything
        };
    };
    // During a resync the edge lacks nothing that was deleted before the resync began.
    let knows_deletions_to = held.resync_since.unwrap_or(held.version);
    if held.version == state.version && held.resync_since.is_none() {
        if held.hash == state.hash {
            DeltaPlan::Nothing
        } else {
            DeltaPlan::Everything
        }
    } else if held.version < state.version && knows_deletions_to >= state.floor {
        DeltaPlan::After(held.version)
    } else {
        DeltaPlan::Everything
    }
}

/// As many of the rows as one delta holds, and the version it then leads to. The rows are those after some version,
/// oldest first; `latest`: the register's own version.
pub fn take_chunk(rows: impl IntoIterator<Item = Row>, latest: RegisterVersion) -> (Vec<Row>, RegisterVersion) {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    for row in rows {
        bytes += row.size();
        if chunk.len() == MAX_ROWS || (bytes > MAX_ROW_BYTES && !chunk.is_empty()) {
            let to = chunk.last().map_or(latest, |row: &Row| row.version);
            return (chunk, to);
        }
        chunk.push(row);
    }
    (chunk, latest)
}
