//! Times as the API writes and reads them: RFC 3339 in UTC with milliseconds.
//!
//! Inside, a time is a [`Timestamp`]; its text stands in no other type.

use crate::result::ApiResult;
use cloud_http::{Kind, Problem};
use protocol::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WireTime(Timestamp);

/// A time of the query, which may be none that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueryTime(Option<Timestamp>);

impl From<Timestamp> for WireTime {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for QueryTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A plus sign that was not escaped arrives as a space.
        let text = String::deserialize(deserializer)?.replace(' ', "+");
        Ok(Self(Timestamp::from_rfc3339(&text)))
    }
}

/// The time that the query gives under this name.
pub(crate) fn given(name: &str, time: Option<QueryTime>) -> ApiResult<Option<Timestamp>> {
    let Some(QueryTime(read)) = time else { return Ok(None) };
    let unreadable = || Problem::new(Kind::BadRequest, format!("Query: {name} is no RFC 3339 time."));
    read.map(Some).ok_or_else(unreadable)
}

/// A time of a body; none: the text is no RFC 3339 time.
pub(crate) fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    String::deserialize(deserializer).map(|text| Timestamp::from_rfc3339(&text))
}
