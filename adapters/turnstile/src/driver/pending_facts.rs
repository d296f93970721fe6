//! What is on its way to the disk: several facts at a time, so that nobody at the gate waits for somebody else's.
//!
//! They are handed over in the order in which they happened.

use adapter_sdk::{DriverError, ObservedFact, ReportError, Reporter};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use std::{future::Future, pin::Pin};

/// Facts that may be on their way at the same time before readers have to wait.
const MANY: usize = 32;
/// Facts on their way that are too many: nobody takes them any more.
const TOO_MANY: usize = 1000;

type FactWrite = Pin<Box<dyn Future<Output = Result<(), ReportError>> + Send>>;

/// Facts on their way.
#[derive(Debug)]
pub(super) struct PendingFacts {
    reporter: Reporter,
    writing: FuturesUnordered<FactWrite>,
}

/// Room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteCapacity {
    /// There is.
    Enough,
    /// Not now.
    None,
}

impl PendingFacts {
    /// Nothing is on its way.
    pub(super) fn new(reporter: Reporter) -> Self {
        let writing = FuturesUnordered::new();
        Self { reporter, writing }
    }

    /// Writes something down.
    pub(super) fn write(&mut self, seen: ObservedFact) {
        let reporter = self.reporter.clone();
        self.writing
            .push(Box::pin(async move { reporter.report(vec![seen]).await }));
    }

    /// Whether more may be put on its way; an error where the disk does not follow at all.
    pub(super) fn room(&self) -> Result<WriteCapacity, DriverError> {
        match self.writing.len() {
            0..MANY => Ok(WriteCapacity::Enough),
            MANY..TOO_MANY => Ok(WriteCapacity::None),
            _ => Err(DriverError::Silent(
                "what the gate does cannot be written down as fast as it does it",
            )),
        }
    }

    /// What is on disk, or refused, next; `None` where nothing is on its way. Given up while waiting, nothing is lost.
    pub(super) async fn next(&mut self) -> Option<Result<(), ReportError>> {
        self.writing.next().await
    }

    /// Waits until all of it is on disk or refused.
    pub(super) async fn finish(&mut self) {
        while let Some(written) = self.writing.next().await {
            if let Err(refused) = written {
                tracing::debug!(%refused, "a last fact is refused");
            }
        }
    }
}
