//! What everybody may read: every app's state as it is on disk, kept beside the writer on a thread of its own.
//!
//! The writer hands over what it committed before it answers anybody, and goes on. It never waits for a reader, never runs
//! a reader's code and never encodes a snapshot. A state is copied only where a reader still holds the one before.

use crate::{
    CommittedEvent,
    all_apps::{SnapshotSeqs, is_stale, pack},
    apps::{AppVisitor, Apps, KernelApp, Publishers, Views, each},
    live::FactListeners,
};
use edge_journal::Snapshot;
use protocol::Seq;
use std::sync::{Arc, mpsc};
use tokio::sync::watch;

/// Commits that may wait for the views' thread. Beyond it the writer waits, lest memory run out.
const DEPTH: usize = 4096;
/// Commits taken in at once at most.
const AT_ONCE: usize = 256;

type ConfigureJob = Box<dyn FnOnce(&mut Publishers) + Send>;
type EncodeJob = Box<dyn FnOnce() -> Option<Snapshot> + Send>;

/// What the writer tells the views.
enum Message {
    /// Facts are on disk.
    Committed {
        events: Vec<Arc<CommittedEvent>>,
        upto: Seq,
    },
    /// An app is configured anew.
    Configured(ConfigureJob),
    /// Snapshots are due; how far those on disk go.
    Snapshot(SnapshotSeqs),
}

/// The writer's way to the views.
pub(crate) struct ViewFeed {
    messages: mpsc::SyncSender<Message>,
    /// How many messages were sent: who has seen as many applied has seen everything of before.
    sent: watch::Sender<u64>,
}

impl ViewFeed {
    pub(crate) fn committed(&self, events: Vec<Arc<CommittedEvent>>, upto: Seq) {
        self.send(Message::Committed { events, upto });
    }

    pub(crate) fn configured<A: KernelApp>(&self, setup: Arc<A::Setup>) {
        let configure = move |publishers: &mut Publishers| A::publisher(publishers).configured(setup);
        self.send(Message::Configured(Box::new(configure)));
    }

    /// Asks for snapshots; they come back as [`crate::input::Input::Snapshots`].
    pub(crate) fn snapshot(&self, stored: SnapshotSeqs) {
        self.send(Message::Snapshot(stored));
    }

    fn send(&self, message: Message) {
        self.sent.send_modify(|sent| *sent += 1);
        if self.messages.send(message).is_err() {
            tracing::error!("the views have ended");
        }
    }
}

/// How far the views have come: for readers that must see what they wrote.
#[derive(Debug, Clone)]
pub(crate) struct ViewProgress {
    sent: watch::Receiver<u64>,
    applied: watch::Receiver<u64>,
}

impl ViewProgress {
    /// Waits until everything is in that was sent when this was called; false where it will never be.
    pub(crate) async fn wait_until_applied(&mut self) -> Result<(), watch::error::RecvError> {
        let sent = *self.sent.borrow();
        self.applied.wait_for(|applied| *applied >= sent).await.map(|_| ())
    }
}

/// The views' thread, before it runs.
pub(crate) struct ViewThread {
    publishers: Publishers,
    messages: mpsc::Receiver<Message>,
    applied: watch::Sender<u64>,
    listeners: FactListeners,
    encoder: mpsc::Sender<Vec<EncodeJob>>,
}

/// Makes the views of `apps`, all of which is on disk up to `upto`.
pub(crate) fn begin(
    apps: &Apps,
    upto: Seq,
    encoder: mpsc::Sender<Vec<EncodeJob>>,
    listeners: FactListeners,
) -> (ViewFeed, ViewThread, Views, ViewProgress) {
    let (messages_in, messages) = mpsc::sync_channel(DEPTH);
    let publishers = Publishers::of(apps, upto);
    let views = publishers.views();
    let (sent, applied) = (watch::Sender::new(0), watch::Sender::new(0));
    let progress = ViewProgress {
        sent: sent.subscribe(),
        applied: applied.subscribe(),
    };
    let feed = ViewFeed {
        messages: messages_in,
        sent,
    };
    let keeper = ViewThread {
        publishers,
        messages,
        applied,
        listeners,
        encoder,
    };
    (feed, keeper, views, progress)
}

impl ViewThread {
    /// Runs until the writer is gone.
    pub(crate) fn run(mut self) {
        while let Ok(first) = self.messages.recv() {
            let (mut count, mut events, mut last, mut due) = (0, Vec::new(), None, None);
            let mut next = Some(first);
            while let Some(message) = next {
                count += 1;
                match message {
                    Message::Committed { events: more, upto } => {
                        events.extend(more);
                        last = Some(upto);
                    }
                    Message::Configured(configure) => configure(&mut self.publishers),
                    Message::Snapshot(stored) => due = Some(stored),
                }
                next = if count < AT_ONCE {
                    self.messages.try_recv().ok()
                } else {
                    None
                };
            }
            if let Some(upto) = last {
                self.publish(&events, upto);
            }
            self.applied.send_modify(|applied| *applied += count as u64);
            self.listeners.hand_out(&events);
            if let Some(stored) = due {
                self.snapshot(stored);
            }
        }
    }

    fn publish(&mut self, events: &[Arc<CommittedEvent>], upto: Seq) {
        struct PublishVisitor<'a>(&'a mut Publishers, &'a [Arc<CommittedEvent>], Seq);
        impl AppVisitor for PublishVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                A::publisher(self.0).publish(self.1, self.2);
            }
        }
        each(&mut PublishVisitor(&mut self.publishers, events, upto));
    }

    /// Hands the states to the encoder as they are now; each is copied only if it changes before it is encoded.
    fn snapshot(&mut self, stored: SnapshotSeqs) {
        struct EncodeVisitor<'a>(&'a mut Publishers, SnapshotSeqs, Vec<EncodeJob>);
        impl AppVisitor for EncodeVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                let publisher = A::publisher(self.0);
                let view = publisher.sender.borrow().clone();
                let is_stale = is_stale(&self.1, A::NAME, publisher.changed);
                self.2.push(Box::new(move || {
                    let state = if is_stale { Some(pack::<A>(&view.state)?) } else { None };
                    Some(Snapshot {
                        app: A::NAME.to_owned(),
                        upto: view.upto,
                        state,
                    })
                }));
            }
        }
        let mut collecting = EncodeVisitor(&mut self.publishers, stored, Vec::new());
        each(&mut collecting);
        if self.encoder.send(collecting.2).is_err() {
            tracing::error!("nobody encodes snapshots any more");
        }
    }
}

/// Encodes snapshots until the views are gone, and hands each set to `done`: none of a set where one cannot be made.
pub(crate) fn encode(jobs: &mpsc::Receiver<Vec<EncodeJob>>, done: impl Fn(Vec<Snapshot>)) {
    while let Ok(set) = jobs.recv() {
        let snapshots: Option<Vec<Snapshot>> = set.into_iter().map(|encode| encode()).collect();
        done(snapshots.unwrap_or_default());
    }
}
