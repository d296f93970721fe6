//! JSON that is passed on as the text it came as: checked when it is read, not taken apart.
//!
//! It is never nested beyond [`MAX_DEPTH`], never holds white space between its tokens, and never a number or an escape
//! that another reader of JSON would refuse.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// Arrays and objects inside each other: a whole event with such a value in its data is within what serde_json reads.
pub const MAX_DEPTH: usize = 120;

/// Why JSON is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RawJsonError {
    /// Too many arrays and objects inside each other.
    #[error("JSON nested deeper than {MAX_DEPTH}")]
    Depth,
    /// A number beyond what a double holds.
    #[error("a number that is out of range")]
    Number,
    /// Half of a surrogate pair.
    #[error("an escape that is no character")]
    Escape,
}

/// A checked JSON value, kept as its text.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The text, without white space between its tokens.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Reads the value as a `T`.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    fn checked(raw: Box<RawValue>) -> Result<Self, RawJsonError> {
        match compacted(raw.get())? {
            Cow::Borrowed(_) => Ok(Self(raw)),
            // Taking white space from between tokens leaves JSON.
            Cow::Owned(text) => Ok(Self(RawValue::from_string(text).unwrap_or(raw))),
        }
    }
}

impl Default for RawJson {
    /// `null`.
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<serde_json::Value> for RawJson {
    fn from(value: serde_json::Value) -> Self {
        // A value of serde_json always has a text.
        serde_json::value::to_raw_value(&value).map_or_else(|_| Self::default(), Self)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::checked(Box::<RawValue>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Whether JSON that is well formed may be passed on; see [`RawJsonError`].
pub fn check(text: &str) -> Result<(), RawJsonError> {
    compacted(text).map(|_| ())
}

/// Checks well-formed JSON, and takes out white space between its tokens.
fn compacted(text: &str) -> Result<Cow<'_, str>, RawJsonError> {
    let (mut depth, mut spaces) = (0_usize, false);
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = match first {
            b'"' => after_string(tail)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(RawJsonError::Depth);
                }
                tail
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                tail
            }
            b'-' | b'0'..=b'9' => after_number(rest)?,
            b' ' | b'\t' | b'\n' | b'\r' => {
                spaces = true;
                tail
            }
            _ => tail,
        };
    }
    Ok(if spaces {
        Cow::Owned(without_spaces(text))
    } else {
        Cow::Borrowed(text)
    })
}

fn without_spaces(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    text.chars()
        .filter(|char| {
            let keep = in_string || !matches!(char, ' ' | '\t' | '\n' | '\r');
            if escaped {
                escaped = false;
            } else {
                match char {
                    '"' => in_string = !in_string,
                    '\\' => escaped = in_string,
                    _ => {}
                }
            }
            keep
        })
        .collect()
}

/// What follows a string whose opening quote was read.
fn after_string(mut rest: &[u8]) -> Result<&[u8], RawJsonError> {
    loop {
        let at = memchr::memchr2(b'"', b'\\', rest);
        let Some((found, tail)) = at.and_then(|at| rest.get(at..)?.split_first()) else {
            return Ok(&[]);
        };
        if *found == b'"' {
            return Ok(tail);
        }
        rest = match tail.split_first() {
            Some((b'u', digits)) => after_escape(digits)?,
            Some((_, tail)) => tail,
            None => &[],
        };
    }
}

/// What follows `\u`: a character, or both halves of a surrogate pair.
fn after_escape(digits: &[u8]) -> Result<&[u8], RawJsonError> {
    let (unit, tail) = code_unit(digits)?;
    match unit {
        0xDC00..=0xDFFF => Err(RawJsonError::Escape),
        0xD800..=0xDBFF => {
            let second = tail.strip_prefix(b"\\u").ok_or(RawJsonError::Escape)?;
            match code_unit(second)? {
                (0xDC00..=0xDFFF, tail) => Ok(tail),
                _ => Err(RawJsonError::Escape),
            }
        }
        _ => Ok(tail),
    }
}

fn code_unit(digits: &[u8]) -> Result<(u16, &[u8]), RawJsonError> {
    let (digits, tail) = digits.split_at_checked(4).ok_or(RawJsonError::Escape)?;
    let digits = std::str::from_utf8(digits).map_err(|_| RawJsonError::Escape)?;
    let unit = u16::from_str_radix(digits, 16).map_err(|_| RawJsonError::Escape)?;
    Ok((unit, tail))
}

/// What follows a number. Only one with an exponent or with hundreds of digits can be out of range.
fn after_number(rest: &[u8]) -> Result<&[u8], RawJsonError> {
    let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let len = rest.iter().position(|byte| !is_of_number(byte)).unwrap_or(rest.len());
    let (number, tail) = rest.split_at(len);
    if len > 300 || number.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        let text = std::str::from_utf8(number).map_err(|_| RawJsonError::Number)?;
        let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
        finite.then_some(()).ok_or(RawJsonError::Number)?;
    }
    Ok(tail)
}
