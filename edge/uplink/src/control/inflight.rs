//! What the kernel is at work on for the cloud: commands and documents side by side, so that none waits for another.
//!
//! Bounded: whoever is full stops listening. Dropped with its connection: the kernel finishes what it took on, and the
//! cloud asks again.

use super::{Control, Ended, document_of};
use futures_util::{
    future::{BoxFuture, FutureExt as _},
    stream::{FuturesUnordered, StreamExt as _},
};
use protocol::{
    DocumentId,
    control::{FromCloud, FromEdge},
};
use std::collections::HashSet;
use tokio::time::Instant;

const MOST: usize = 64;

type Answer = (Option<(DocumentId, u64)>, Result<Option<FromEdge>, Ended>);

/// Under way, in no order.
pub(crate) struct Inflight<'a> {
    control: &'a Control,
    answers: FuturesUnordered<BoxFuture<'a, Answer>>,
    documents: HashSet<(DocumentId, u64)>,
}

impl<'a> Inflight<'a> {
    pub(crate) fn new(control: &'a Control) -> Self {
        Self {
            control,
            answers: FuturesUnordered::new(),
            documents: HashSet::new(),
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.answers.len() < MOST
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Begins with what the cloud said.
    pub(crate) fn begin(&mut self, said: FromCloud, asked: Instant) {
        let document = document_of(&said);
        if let Some(document) = &document
            && !self.documents.insert(document.clone())
        {
            return;
        }
        let control = self.control;
        self.answers
            .push(async move { (document, control.take(said, asked).await) }.boxed());
    }

    /// The next thing to answer. Pending for ever where nothing is under way.
    pub(crate) async fn answer(&mut self) -> Result<Option<FromEdge>, Ended> {
        match self.answers.next().await {
            Some((document, answer)) => {
                if let Some(document) = document {
                    self.documents.remove(&document);
                }
                answer
            }
            None => std::future::pending().await,
        }
    }
}
