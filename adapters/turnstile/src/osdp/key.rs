//! The base key of a reader's secure channel (SCBK, SIA OSDP 2.2 Annex D.1).
//!
//! It is never shown, and a key that everybody knows or guesses is none.

use std::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(super) const SIZE: usize = 16;

/// A base key.
#[derive(Clone)]
pub(crate) struct BaseKey(Zeroizing<[u8; SIZE]>);

/// Why a text is no key. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BaseKeyError {
    /// Not 32 hex digits.
    #[error("is no key of 32 hex digits")]
    Digits,
    /// `30…3F`, one byte sixteen times, or bytes that count up or down.
    #[error("is a key that everybody knows or guesses")]
    Weak,
}

impl BaseKey {
    /// The key of every new reader, `30…3F`: public, good for nothing but handing over another one.
    pub(super) fn default_key() -> Self {
        Self(Zeroizing::new(*b"0123456789:;<=>?"))
    }

    /// Reads a reader's own key: 32 hex digits.
    pub(crate) fn parse(text: &str) -> Result<Self, BaseKeyError> {
        let digits = text.as_bytes();
        let mut key = Zeroizing::new([0; SIZE]);
        if digits.len() != 2 * SIZE {
            return Err(BaseKeyError::Digits);
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.contains('+'));
            *byte = pair
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or(BaseKeyError::Digits)?;
        }
        if is_guessed(&key) {
            return Err(BaseKeyError::Weak);
        }
        Ok(Self(key))
    }

    /// Its bytes, for the cipher and for the frame that hands it over.
    pub(super) fn bytes(&self) -> &[u8; SIZE] {
        &self.0
    }
}

/// Bytes at one distance from each other all along: `00 00…`, `30 31…`, `FF FE…`.
fn is_guessed(key: &[u8; SIZE]) -> bool {
    let mut steps = key
        .iter()
        .zip(key.iter().skip(1))
        .map(|(one, next)| next.wrapping_sub(*one));
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

/// In constant time.
impl PartialEq for BaseKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for BaseKey {}

/// Without the key.
impl fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BaseKey")
    }
}
