//! Registers: tables of rows for one edge, each row with a version, and how far the edge has them.
//!
//! A row and the register's version change together or not at all. One delta per edge and register is on its way at a
//! time; what is sent next is planned from what the edge says it holds, never from what was sent.

mod delivery;
mod write;

pub use delivery::{claim, due_edges, reconcile, settle};
pub use write::{RowChange, all, get, rows, write};
pub(crate) use write::{find, live, write_rows};

use crate::{
    error::StoreError,
    value::{SqlParam, SqlRow as Answer},
};
use protocol::{
    RegisterId,
    register::{HeldRegister, RegisterHash, RegisterState, RegisterVersion, Row},
};
use serde_json::value::RawValue;

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE register (
        edge {uuid} NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, floor BIGINT NOT NULL, hash {bytes} NOT NULL,
        state TEXT NOT NULL, held BIGINT, held_hash {bytes}, resync_since BIGINT, sent {time}, resync {time},
        reason TEXT, PRIMARY KEY (edge, id));
    CREATE INDEX register_due ON register (state) WHERE state IN ('due', 'sent');
    CREATE TABLE register_row (
        edge {uuid} NOT NULL, register TEXT NOT NULL, key TEXT NOT NULL, version BIGINT NOT NULL, body {json},
        PRIMARY KEY (edge, register, key));
    CREATE UNIQUE INDEX register_row_version ON register_row (edge, register, version);
";

const COLUMNS: &str = "id, version, floor, hash, state, held, held_hash, resync_since, sent, resync, reason";

/// Where a register is on its way to its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterProgress {
    /// The edge lacks something.
    Due,
    /// Rows were sent and are not confirmed yet.
    Sent,
    /// The edge holds what there is.
    InForce,
    /// The edge does not know the register; asked again when it next says hello.
    Refused,
}

impl RegisterProgress {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            RegisterProgress::Due => "due",
            RegisterProgress::Sent => "sent",
            RegisterProgress::InForce => "in_force",
            RegisterProgress::Refused => "refused",
        }
    }
}

impl std::str::FromStr for RegisterProgress {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::Due, Self::Sent, Self::InForce, Self::Refused];
        all.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// A register and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedRegister {
    /// Which.
    pub register: RegisterId,
    /// How far it has come.
    pub state: RegisterState,
    /// Where it is on its way.
    pub progress: RegisterProgress,
    /// What the edge said it holds.
    pub held: Option<HeldRegister>,
    /// When rows were last sent.
    pub sent: Option<protocol::Timestamp>,
    /// When the whole table was last begun.
    pub resync: Option<protocol::Timestamp>,
    /// Why the edge did not take the last rows.
    pub reason: Option<String>,
}

fn read(answer: &Answer<'_>) -> Result<TrackedRegister, StoreError> {
    let register: RegisterId = answer.parsed(0, "register id")?;
    let version = |column| answer.count_or_none(column).map(|version| version.map(RegisterVersion));
    let held = match (version(5)?, hash(answer, 6)) {
        (Some(version), Ok(hash)) => Some((version, hash)),
        (Some(_) | None, _) => None,
    };
    let resync_since = version(7)?;
    Ok(TrackedRegister {
        held: held.map(|(version, hash)| HeldRegister {
            register: register.clone(),
            version,
            hash,
            resync_since,
        }),
        register,
        state: RegisterState {
            version: RegisterVersion(answer.count(1)?),
            floor: RegisterVersion(answer.count(2)?),
            hash: hash(answer, 3)?,
        },
        progress: answer.parsed(4, "register progress")?,
        sent: answer.time_or_none(8)?,
        resync: answer.time_or_none(9)?,
        reason: answer.text_or_none(10)?,
    })
}

fn hash(answer: &Answer<'_>, column: usize) -> Result<RegisterHash, StoreError> {
    let bytes = <[u8; 32]>::try_from(answer.bytes(column)?);
    bytes.map(RegisterHash::from_bytes).map_err(|_| StoreError::Column {
        column,
        expected: "register hash",
    })
}

/// Columns: key, version, body.
fn read_row(answer: &Answer<'_>) -> Result<Row, StoreError> {
    let body = answer.text_or_none(2)?.map(RawValue::from_string).transpose();
    Ok(Row {
        key: answer.parsed(0, "row key")?,
        version: RegisterVersion(answer.count(1)?),
        body: body.map_err(|_| StoreError::Column {
            column: 2,
            expected: "JSON",
        })?,
    })
}

fn version_value(version: RegisterVersion) -> SqlParam<'static> {
    SqlParam::from(version.0)
}
