//! Where codes come from: keys that are typed, or bytes that are sent.

use crate::{
    settings::{self, Settings},
    wire::{
        code::{Garbage, Partial, Read},
        sent::Sent,
        typed::Typed,
    },
};
use adapter_sdk::{
    DriverError, Line,
    keys::KeyStream,
    socket::{Channel, SocketError},
};
use tokio::time::Instant;

/// A scanner that was taken.
pub(super) enum Source {
    Keys(Box<dyn KeyStream>, Typed),
    Serial(Box<dyn Channel>, Sent),
}

impl Source {
    /// Takes the scanner by `deadline`.
    pub(super) async fn open(settings: &Settings, line: Line, deadline: Instant) -> Result<Self, DriverError> {
        match settings.line {
            settings::Source::Keys(_) => {
                let keys = line
                    .keys()?
                    .grab()
                    .map_err(|source| lost("taking the scanner", source))?;
                Ok(Source::Keys(keys, Typed::new(settings.longest)))
            }
            settings::Source::Serial(_) => {
                let opened = line.socket()?.dial(deadline).await;
                let channel = opened.map_err(|source| lost("opening the scanner's port", source))?;
                Ok(Source::Serial(channel, Sent::new(settings.longest)))
            }
        }
    }

    /// What the next key or bytes end: nothing, mostly. Given up while waiting, nothing is lost.
    pub(super) async fn next(&mut self) -> Result<Vec<Read>, DriverError> {
        let doing = "reading from the scanner";
        match self {
            Source::Keys(keys, typed) => {
                let moved = keys.next().await.map_err(|source| lost(doing, source))?;
                Ok(typed.take(moved).into_iter().collect())
            }
            Source::Serial(channel, sent) => {
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

    fn partial(&mut self) -> &mut Partial {
        match self {
            Source::Keys(_, typed) => typed.partial(),
            Source::Serial(_, sent) => sent.partial(),
        }
    }
}

fn lost(doing: &'static str, source: SocketError) -> DriverError {
    DriverError::Lost { doing, source }
}
