//! Registers: large configuration as a table of rows for one edge, each row with a version. The cloud alone writes.
//!
//! A change to one row travels as one row. What an edge holds is compared by version and hash; a difference is answered
//! by the whole table in chunks, and what was in force stays in force meanwhile. Deltas are signed like documents.

mod delta;
mod hash;
mod id;
mod kind;
mod plan;
mod replica;

pub use delta::{DeltaError, MAX_ROW_BYTES, MAX_ROWS, RegisterDelta, Row};
pub use hash::RegisterHash;
pub use id::{RegisterId, RegisterVersion, RowKey, RowKeyError};
pub use kind::{RegisterKind, read_row};
pub use plan::{DeltaPlan, RegisterState, next, take_chunk};
pub use replica::{DeltaRejection, HeldRegister, RegisterReplica, ReplicaUpdate, StoredRow};
