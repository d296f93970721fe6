//! The rounds that are made through all apps: every event, every snapshot.

use crate::apps::{AppVisitor, Apps, KernelApp, each};
use edge_app::App;
use edge_journal::{PackedState, Snapshot};
use protocol::{Event, Seq};
use std::{collections::BTreeMap, sync::Arc};

/// How far the snapshot on disk of each app goes.
pub(crate) type SnapshotSeqs = BTreeMap<&'static str, Seq>;

/// Whether an app's snapshot on disk is not right any more.
pub(crate) fn is_stale(stored: &SnapshotSeqs, name: &str, changed: Seq) -> bool {
    stored.get(name).is_none_or(|upto| changed > *upto)
}

/// Encodes and packs a state; none where that cannot be done, which leaves the snapshot before it.
pub(crate) fn pack<A: App>(state: &A::State) -> Option<PackedState> {
    let json = serde_json::to_vec(state).map_err(|error| error.to_string());
    let packed = json.and_then(|json| PackedState::pack(&json).map_err(|error| error.to_string()));
    packed
        .inspect_err(|error| tracing::error!(app = A::NAME, error, "a state cannot be put into a snapshot"))
        .ok()
}

/// The apps' names on disk, in the order of the table.
pub fn app_names() -> Vec<&'static str> {
    struct AppNameVisitor(Vec<&'static str>);
    impl AppVisitor for AppNameVisitor {
        fn visit<A: KernelApp>(&mut self) {
            self.0.push(A::NAME);
        }
    }
    let mut naming = AppNameVisitor(Vec::new());
    each(&mut naming);
    naming.0
}

impl Apps {
    /// Makes an event of the facts lane so, in every app that it concerns.
    pub(crate) fn apply(&mut self, event: &Event, seq: Seq) {
        struct ApplyVisitor<'a>(&'a mut Apps, &'a Event, Seq);
        impl AppVisitor for ApplyVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                if A::concerns(self.1) {
                    let slot = A::slot_mut(self.0);
                    A::apply(&mut slot.state, self.1);
                    slot.changed = self.2;
                }
            }
        }
        each(&mut ApplyVisitor(self, event, seq));
    }

    /// Takes the configuration over from `before`: it comes from documents, not from events.
    pub(crate) fn keep_setups(&mut self, before: &Self) {
        struct SetupVisitor<'a>(&'a mut Apps, &'a Apps);
        impl AppVisitor for SetupVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                A::slot_mut(self.0).setup = Arc::clone(&A::slot(self.1).setup);
            }
        }
        each(&mut SetupVisitor(self, before));
    }

    /// A snapshot of every app; with its state where the stored one is stale. None where one cannot be made.
    pub(crate) fn snapshots(&self, upto: Seq, stored: &SnapshotSeqs) -> Vec<Snapshot> {
        struct SnapshotVisitor<'a> {
            apps: &'a Apps,
            upto: Seq,
            stored: &'a SnapshotSeqs,
            packed: Option<Vec<Snapshot>>,
        }
        impl AppVisitor for SnapshotVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                let slot = A::slot(self.apps);
                let state = match is_stale(self.stored, A::NAME, slot.changed) {
                    true => match pack::<A>(&slot.state) {
                        Some(packed) => Some(packed),
                        None => {
                            self.packed = None;
                            return;
                        }
                    },
                    false => None,
                };
                let snapshot = Snapshot {
                    app: A::NAME.to_owned(),
                    upto: self.upto,
                    state,
                };
                self.packed = self.packed.take().map(|mut all| {
                    all.push(snapshot);
                    all
                });
            }
        }
        let mut packing = SnapshotVisitor {
            apps: self,
            upto,
            stored,
            packed: Some(Vec::new()),
        };
        each(&mut packing);
        packing.packed.unwrap_or_default()
    }
}
