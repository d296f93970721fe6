//! The checked settings of one scanner.
//!
//! What is in [`Settings`] can be worked with as it is.

use adapter_sdk::{DevicePath, LineSpec, Parity, SerialTarget, SettingsError, StopBits, within};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

/// The longest code any scanner is allowed.
const LONGEST: usize = 512;

/// One scanner's settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where its codes come from.
    pub(crate) line: ScannerLine,
    /// The longest code, in bytes.
    pub(crate) longest: usize,
    /// The longest pause within a code.
    pub(crate) gap: Duration,
    /// For how long the same code is the same scan.
    pub(crate) repeat: Duration,
}

/// Where codes come from.
#[derive(Debug)]
pub(crate) enum ScannerLine {
    /// An input device, by its path.
    Keys(DevicePath),
    /// A serial port.
    Serial(SerialTarget),
}

impl ScannerLine {
    /// The line to ask for.
    pub(crate) fn wants(&self) -> LineSpec {
        match self {
            ScannerLine::Keys(path) => LineSpec::Keys(path.clone()),
            ScannerLine::Serial(target) => LineSpec::Serial(target.clone()),
        }
    }
}

/// As a document holds them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    path: String,
    line: RawLine,
    baud: Option<u32>,
    max_len: Option<usize>,
    gap_ms: Option<u64>,
    repeat_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawLine {
    Keys,
    Serial,
}

impl Settings {
    /// Checks settings as a document holds them.
    pub(crate) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let raw = Raw::deserialize(settings).map_err(|error| SettingsError(error.to_string()))?;
        if !raw.path.starts_with("/dev/") || raw.path.len() > 255 || raw.path.contains("/../") {
            return Err(SettingsError("path: is no path below /dev".to_owned()));
        }
        let line = match (raw.line, raw.baud) {
            (RawLine::Keys, None) => ScannerLine::Keys(raw.path.into()),
            (RawLine::Keys, Some(_)) => {
                return Err(SettingsError("baud: a scanner that types has no speed".to_owned()));
            }
            (RawLine::Serial, baud) => ScannerLine::Serial(SerialTarget {
                path: raw.path.into(),
                baud: within("baud", baud.unwrap_or(9600), 300..=921_600)?,
                parity: Parity::None,
                stop_bits: StopBits::One,
            }),
        };
        Ok(Self {
            line,
            longest: within("max_len", raw.max_len.unwrap_or(LONGEST), 1..=LONGEST)?,
            gap: Duration::from_millis(within("gap_ms", raw.gap_ms.unwrap_or(100), 20..=2_000)?),
            repeat: Duration::from_millis(within("repeat_ms", raw.repeat_ms.unwrap_or(1_500), 0..=60_000)?),
        })
    }
}
