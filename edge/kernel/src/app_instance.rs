//! One app as the writer has it.

use edge_app::App;
use protocol::Seq;
use std::sync::Arc;

/// An app's state and configuration.
#[derive(Debug)]
pub struct AppInstance<A: App> {
    pub(crate) state: A::State,
    pub(crate) setup: Arc<A::Setup>,
    /// The last event that concerned it.
    pub(crate) changed: Seq,
}

impl<A: App> Default for AppInstance<A> {
    fn default() -> Self {
        Self {
            state: A::State::default(),
            setup: Arc::default(),
            changed: Seq::ZERO,
        }
    }
}
