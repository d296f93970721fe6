//! OSDP v2 readers on RS-485, with the secure channel and nothing without it.
//!
//! Never a plaintext fallback, never the default key outside a timed enrolment.

use crate::reader::{Reader, Side};
use adapter_sdk::{Clock, DriverError, Line, SettingsError, Wants};
use serde_json::Value;
use std::sync::Arc;

/// One bus of OSDP readers, as the settings describe it (an entry of `readers` with `"way": "osdp"`).
#[derive(Debug, Clone)]
pub(crate) struct Bus {}

impl Bus {
    /// Checks an entry of `readers`, `way` taken out of it. The text of an error names the key and never a secret; the
    /// caller puts `readers.0: ` before it.
    pub(crate) fn parse(_settings: &Value) -> Result<Self, SettingsError> {
        Err(SettingsError("way: osdp is not spoken yet".to_owned()))
    }
    /// The line it needs.
    pub(crate) fn wants(&self) -> Wants {
        Wants::Several(Vec::new())
    }
    /// The sides its readers stand at.
    pub(crate) fn sides(&self) -> Vec<Side> {
        Vec::new()
    }
    /// Its readers, on the line given.
    pub(crate) fn reader(&self, _line: Line, _clock: &Arc<dyn Clock>) -> Result<Box<dyn Reader>, DriverError> {
        Err(DriverError::Protocol("OSDP is not spoken yet".to_owned()))
    }
}
