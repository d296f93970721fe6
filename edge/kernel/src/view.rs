//! What everybody may read of one app: its state as it is on disk.

use crate::{CommittedEvent, app_instance::AppInstance};
use edge_app::App;
use protocol::Seq;
use std::{fmt, sync::Arc};
use tokio::sync::watch;

/// An app as it is on disk.
pub struct AppView<A: App> {
    /// The last event of the facts lane that is in it.
    pub upto: Seq,
    /// What it knows.
    pub state: Arc<A::State>,
    /// How it is configured.
    pub setup: Arc<A::Setup>,
}

impl<A: App> Clone for AppView<A> {
    fn clone(&self) -> Self {
        Self {
            upto: self.upto,
            state: Arc::clone(&self.state),
            setup: Arc::clone(&self.setup),
        }
    }
}

impl<A: App> fmt::Debug for AppView<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppView")
            .field("app", &A::NAME)
            .field("upto", &self.upto)
            .finish_non_exhaustive()
    }
}

/// One app's view, and where it is published.
#[derive(Debug)]
pub struct ViewPublisher<A: App> {
    pub(crate) sender: watch::Sender<AppView<A>>,
    /// The last event that concerned it.
    pub(crate) changed: Seq,
}

impl<A: App> ViewPublisher<A> {
    pub(crate) fn of(slot: &AppInstance<A>, upto: Seq) -> Self {
        let view = AppView {
            upto,
            state: Arc::new(slot.state.clone()),
            setup: Arc::clone(&slot.setup),
        };
        Self {
            sender: watch::Sender::new(view),
            changed: slot.changed,
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<AppView<A>> {
        self.sender.subscribe()
    }

    pub(crate) fn configured(&self, setup: Arc<A::Setup>) {
        self.sender.send_modify(|view| view.setup = setup);
    }

    pub(crate) fn publish(&mut self, events: &[Arc<CommittedEvent>], upto: Seq) {
        let mut own = events.iter().filter(|event| A::concerns(&event.event)).peekable();
        let is_concerned = own.peek().is_some();
        let changed = &mut self.changed;
        self.sender.send_if_modified(|view| {
            view.upto = upto;
            if is_concerned {
                let state = Arc::make_mut(&mut view.state);
                for event in own {
                    A::apply(state, &event.event);
                    *changed = event.seq;
                }
            }
            is_concerned
        });
    }
}
