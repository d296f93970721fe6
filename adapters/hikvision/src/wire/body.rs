//! A body of either kind as one tree. What it is is told by its first character, not by its `Content-Type`: firmwares
//! send XML under a JSON header (facts/devices.md §1.1).

use super::xml::{self, XmlError};
use serde_json::Value;

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Neither `{`, `[` nor `<` comes first.
    #[error("neither JSON nor XML")]
    Neither,
    /// Bad JSON.
    #[error("not well-formed JSON")]
    Json,
    /// Bad XML.
    #[error(transparent)]
    Xml(XmlError),
}

/// Reads a JSON or XML body. Bytes that are no UTF-8, such as a name in another encoding, cost themselves and not the
/// page of entries they stand in.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, BodyError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.chars().next() {
        Some('<') => xml::parse(text).map_err(BodyError::Xml),
        Some('{' | '[') => serde_json::from_str(text).map_err(|_| BodyError::Json),
        Some(_) | None => Err(BodyError::Neither),
    }
}

/// What is inside the wrapper `name`, or the tree itself where it comes unwrapped.
pub(crate) fn inside<'a>(tree: &'a Value, name: &str) -> &'a Value {
    tree.get(name).unwrap_or(tree)
}

/// A text at `key`; numbers count as text.
pub(crate) fn text(tree: &Value, key: &str) -> Option<String> {
    match tree.get(key)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(with_attributes) => with_attributes.get("#text")?.as_str().map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// A whole number at `key`; XML, and some JSON, write it as text.
pub(crate) fn number(tree: &Value, key: &str) -> Option<u64> {
    match tree.get(key)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A truth value at `key`, as JSON or as XML's `true` and `false`.
pub(crate) fn truth(tree: &Value, key: &str) -> Option<bool> {
    match tree.get(key)? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The things at `key`: a list, or the one thing that stands there without a list, as XML cannot tell.
pub(crate) fn list<'a>(tree: &'a Value, key: &str) -> &'a [Value] {
    match tree.get(key) {
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}
