//! Where codes come from: keys that are typed, or bytes that are sent.

use crate::{
    settings::{self, Settings},
    wire::{
        code::{Garbage, PartialCode, ScanResult},
        keyboard::KeyboardDecoder,
        serial::SerialDecoder,
    },
};
use adapter_sdk::{
    DriverError, Line,
    keys::KeyStream,
    socket::{ByteChannel, SocketError},
};
use tokio::time::Instant;

/// A scanner that was taken.
pub(super) enum CodeSource {
    Keys(Box<dyn KeyStream>, KeyboardDecoder),
    Serial(Box<dyn ByteChannel>, SerialDecoder),
}

impl CodeSource {
    /// Takes the scanner by `deadline`.
    pub(super) async fn open(settings: &Settings, line: Line, deadline: Instant) -> Result<Self, DriverError> {
        match settings.line {
            settings::ScannerLine::Keys(_) => {
                let keys = line
                    .keys()?
                    .grab()
                    .map_err(|source| lost("taking the scanner", source))?;
                Ok(CodeSource::Keys(keys, KeyboardDecoder::new(settings.longest)))
            }
            settings::ScannerLine::Serial(_) => {
                let opened = line.socket()?.dial(deadline).await;
                let channel = opened.map_err(|source| lost("opening the scanner's port", source))?;
                Ok(CodeSource::Serial(channel, SerialDecoder::new(settings.longest)))
            }
        }
    }

    /// What the next key or bytes end: nothing, mostly. Given up while waiting, nothing is lost.
    pub(super) async fn next(&mut self) -> Result<Vec<ScanResult>, DriverError> {
        let doing = "reading from the scanner";
        match self {
            CodeSource::Keys(keys, typed) => {
                let moved = keys.next().await.map_err(|source| lost(doing, source))?;
                Ok(typed.take(moved).into_iter().collect())
            }
            CodeSource::Serial(channel, sent) => {
                let bytes = channel.read().await.map_err(|source| lost(doing, source))?;
                Ok(bytes.iter().filter_map(|byte| sent.take(*byte)).collect())
            }
        }
    }

    /// Whether a code has begun and not ended.
    pub(super) fn is_open(&mut self) -> bool {
        self.partial().is_open()
    }

    /// Throws away what has begun.
    pub(super) fn abandon(&mut self) -> Option<Garbage> {
        self.partial().abandon()
    }

    fn partial(&mut self) -> &mut PartialCode {
        match self {
            CodeSource::Keys(_, typed) => typed.partial(),
            CodeSource::Serial(_, sent) => sent.partial(),
        }
    }
}

fn lost(doing: &'static str, source: SocketError) -> DriverError {
    DriverError::Lost { doing, source }
}
