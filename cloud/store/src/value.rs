//! Values on their way into and out of a statement, the same for both engines.

use crate::error::StoreError;
use protocol::{CommandId, DeviceId, DocumentId, EdgeId, Epoch, Lane, OrgId, Seq, SiteId, Timestamp, digest::Digest};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

/// A parameter of a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SqlParam<'a> {
    /// Nothing.
    Null,
    /// A whole number; also times (milliseconds since 1970), seqs, lanes and yes/no.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; also JSON.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
    /// A UUID.
    Uuid(&'a Uuid),
}

impl ToSql for SqlParam<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            SqlParam::Null => ValueRef::Null,
            SqlParam::Integer(number) => ValueRef::Integer(*number),
            SqlParam::Real(number) => ValueRef::Real(*number),
            SqlParam::Text(text) => ValueRef::Text(text.as_bytes()),
            SqlParam::Blob(bytes) => ValueRef::Blob(bytes),
            SqlParam::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
        }))
    }
}

macro_rules! from {
    ($($from:ty => $value:ident, $expr:expr;)*) => {
        $(impl<'a> From<$from> for SqlParam<'a> {
            fn from($value: $from) -> Self {
                $expr
            }
        })*
    };
}
from! {
    i64 => value, SqlParam::Integer(value);
    u64 => value, SqlParam::Integer(i64::try_from(value).unwrap_or(i64::MAX));
    u32 => value, SqlParam::Integer(i64::from(value));
    bool => value, SqlParam::Integer(i64::from(value));
    f64 => value, SqlParam::Real(value);
    &'a str => value, SqlParam::Text(value);
    &'a String => value, SqlParam::Text(value);
    &'a [u8] => value, SqlParam::Blob(value);
    &'a Vec<u8> => value, SqlParam::Blob(value);
    &'a [u8; 32] => value, SqlParam::Blob(value);
    &'a [u8; 12] => value, SqlParam::Blob(value);
    &'a Uuid => value, SqlParam::Uuid(value);
    &'a OrgId => value, SqlParam::Uuid(value.as_uuid());
    &'a SiteId => value, SqlParam::Uuid(value.as_uuid());
    &'a EdgeId => value, SqlParam::Uuid(value.as_uuid());
    &'a CommandId => value, SqlParam::Uuid(value.as_uuid());
    &'a DeviceId => value, SqlParam::Text(value.as_str());
    &'a DocumentId => value, SqlParam::Text(value.as_str());
    Timestamp => value, SqlParam::Integer(value.as_millis());
    Seq => value, SqlParam::from(value.0);
    Epoch => value, SqlParam::from(value.0);
    Lane => value, SqlParam::Integer(lane_code(value));
}

impl<'a, T: Into<SqlParam<'a>>> From<Option<T>> for SqlParam<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(SqlParam::Null, Into::into)
    }
}

const fn lane_code(lane: Lane) -> i64 {
    match lane {
        Lane::Facts => 0,
        Lane::Telemetry => 1,
    }
}

/// One row of an answer, read by column number.
#[derive(Debug)]
pub(crate) struct SqlRow<'a>(pub(crate) &'a rusqlite::Row<'a>);

impl SqlRow<'_> {
    fn get<T: rusqlite::types::FromSql>(&self, column: usize, expected: &'static str) -> Result<T, StoreError> {
        self.0.get(column).map_err(|_| StoreError::Column { column, expected })
    }
    /// A whole number.
    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.get(column, "whole number")
    }
    /// A whole number that is never negative.
    pub(crate) fn count(&self, column: usize) -> Result<u64, StoreError> {
        u64::try_from(self.int(column)?).map_err(|_| StoreError::Column {
            column,
            expected: "count",
        })
    }
    /// A count or nothing.
    pub(crate) fn count_or_none(&self, column: usize) -> Result<Option<u64>, StoreError> {
        let number: Option<i64> = self.get(column, "count or nothing")?;
        number
            .map(|n| {
                u64::try_from(n).map_err(|_| StoreError::Column {
                    column,
                    expected: "count",
                })
            })
            .transpose()
    }
    /// Yes or no.
    pub(crate) fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }
    /// Text.
    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        self.get(column, "text")
    }
    /// Text or nothing.
    pub(crate) fn text_or_none(&self, column: usize) -> Result<Option<String>, StoreError> {
        self.get(column, "text or nothing")
    }
    /// Bytes.
    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.get(column, "bytes")
    }
    /// A SHA-256 digest or nothing.
    pub(crate) fn digest_or_none(&self, column: usize) -> Result<Option<Digest>, StoreError> {
        let bytes: Option<[u8; 32]> = self.get(column, "digest or nothing")?;
        Ok(bytes.map(Digest::from_bytes))
    }
    /// A UUID.
    pub(crate) fn uuid(&self, column: usize) -> Result<Uuid, StoreError> {
        let bytes: [u8; 16] = self.get(column, "UUID")?;
        Ok(Uuid::from_bytes(bytes))
    }
    /// A UUID or nothing.
    pub(crate) fn uuid_or_none(&self, column: usize) -> Result<Option<Uuid>, StoreError> {
        let bytes: Option<[u8; 16]> = self.get(column, "UUID or nothing")?;
        Ok(bytes.map(Uuid::from_bytes))
    }
    /// A moment.
    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp::from_millis)
    }
    /// A moment or nothing.
    pub(crate) fn time_or_none(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self.get(column, "moment or nothing")?;
        Ok(millis.map(Timestamp::from_millis))
    }
    /// A seq.
    pub(crate) fn seq(&self, column: usize) -> Result<Seq, StoreError> {
        self.count(column).map(Seq)
    }
    /// An epoch.
    pub(crate) fn epoch(&self, column: usize) -> Result<Epoch, StoreError> {
        let number = u32::try_from(self.int(column)?);
        number.map(Epoch).map_err(|_| StoreError::Column {
            column,
            expected: "epoch",
        })
    }
    /// A lane.
    pub(crate) fn lane(&self, column: usize) -> Result<Lane, StoreError> {
        let code = self.int(column)?;
        let lane = Lane::ALL.into_iter().find(|lane| lane_code(*lane) == code);
        lane.ok_or(StoreError::Column {
            column,
            expected: "lane",
        })
    }
    /// Text that parses.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: usize, expected: &'static str) -> Result<T, StoreError> {
        self.text(column)?
            .parse()
            .map_err(|_| StoreError::Column { column, expected })
    }
    /// JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| StoreError::Column {
            column,
            expected: "JSON",
        })
    }
}
