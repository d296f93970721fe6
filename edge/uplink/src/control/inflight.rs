//! What the kernel is at work on for the cloud: commands and documents side by side, so that none waits for another.
//!
//! No number of documents ever keeps a command waiting: they may take seconds each, and beyond a few they queue here.
//! Bounded: whoever is full stops listening. Dropped with its connection: the kernel finishes what it took on, and the
//! cloud asks again.

use super::{ChannelEnd, ControlChannel, document_of};
use futures_util::{
    future::{BoxFuture, FutureExt as _},
    stream::{FuturesUnordered, StreamExt as _},
};
use protocol::{
    DocumentId,
    control::{CloudMessage, EdgeMessage},
};
use std::collections::{HashSet, VecDeque};
use tokio::time::Instant;

/// Under way at once.
const MOST: usize = 64;
/// Documents among them.
const DOCUMENTS: usize = 16;
/// Bytes of documents that queue.
const QUEUE: usize = 4 << 20;

/// Which version of which document.
type DocumentVersion = (DocumentId, u64);
type InflightAnswer = (Option<DocumentVersion>, Result<Option<EdgeMessage>, ChannelEnd>);

/// Under way, in no order.
pub(crate) struct InflightRequests<'a> {
    control: &'a ControlChannel,
    answers: FuturesUnordered<BoxFuture<'a, InflightAnswer>>,
    /// Those that queue included.
    documents: HashSet<DocumentVersion>,
    queue: VecDeque<QueuedDocument>,
    queued_bytes: usize,
}

struct QueuedDocument {
    version: DocumentVersion,
    message: CloudMessage,
    asked: Instant,
    bytes: usize,
}

impl<'a> InflightRequests<'a> {
    pub(crate) fn new(control: &'a ControlChannel) -> Self {
        Self {
            control,
            answers: FuturesUnordered::new(),
            documents: HashSet::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.answers.len() < MOST && self.queued_bytes < QUEUE
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Begins with what the cloud said, whose text was of so many bytes.
    pub(crate) fn begin(&mut self, message: CloudMessage, asked: Instant, bytes: usize) {
        let Some(version) = document_of(&message) else {
            return self.start(None, message, asked);
        };
        let under_way = self.documents.len() - self.queue.len();
        if !self.documents.insert(version.clone()) {
            return;
        }
        if under_way < DOCUMENTS {
            return self.start(Some(version), message, asked);
        }
        self.queued_bytes += bytes;
        self.queue.push_back(QueuedDocument {
            version,
            message,
            asked,
            bytes,
        });
    }

    fn start(&mut self, version: Option<DocumentVersion>, message: CloudMessage, asked: Instant) {
        let control = self.control;
        self.answers
            .push(async move { (version, control.handle(message, asked).await) }.boxed());
    }

    /// The next thing to answer. Pending for ever where nothing is under way.
    pub(crate) async fn answer(&mut self) -> Result<Option<EdgeMessage>, ChannelEnd> {
        match self.answers.next().await {
            Some((version, answer)) => {
                if let Some(version) = version {
                    self.documents.remove(&version);
                    if let Some(next) = self.queue.pop_front() {
                        self.queued_bytes -= next.bytes;
                        self.start(Some(next.version), next.message, next.asked);
                    }
                }
                answer
            }
            None => std::future::pending().await,
        }
    }
}
