//! The state as the disk has it: each app's last snapshot and the facts since.

use crate::{
    all_apps::SnapshotSeqs,
    apps::{AppVisitor, Apps, KernelApp, each},
};
use edge_journal::{Journal, JournalError, Snapshot};
use protocol::{Event, Lane, Seq, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Bytes of records looked at in one go.
const CHUNK: usize = 1 << 20;

/// Every app as the disk has it, and how far the snapshots there go.
pub(crate) fn replay(journal: &Journal) -> Result<(Apps, SnapshotSeqs), JournalError> {
    let mut restoring = RestoreVisitor {
        apps: Apps::default(),
        covered: SnapshotSeqs::new(),
        stored: SnapshotSeqs::new(),
        found: StoredSnapshots::read(journal)?,
    };
    each(&mut restoring);
    let RestoreVisitor {
        mut apps,
        covered,
        stored,
        ..
    } = restoring;
    let mut upto = covered.values().min().copied().unwrap_or_default();
    let reader = journal.reader();
    loop {
        match reader.after(Lane::Facts, upto, CHUNK) {
            Ok(None) => return Ok((apps, stored)),
            Ok(Some(records)) => {
                for frame in protocol::frame::decode_all(&records.bytes).flatten() {
                    match Event::decode(frame.body) {
                        Ok(event) => apps.apply_after(&covered, &event, frame.seq),
                        Err(error) => {
                            tracing::warn!(seq = %frame.seq, %error, "an event of another version is passed over");
                        }
                    }
                }
                upto = records.last;
            }
            Err(JournalError::Damaged { to, .. }) => upto = to,
            Err(error) => return Err(error),
        }
    }
}

/// The time of the newest fact that is still on disk; none where there is none, or it cannot be read.
pub(crate) fn newest_fact(journal: &Journal) -> Result<Option<Timestamp>, JournalError> {
    let Some(before) = journal.committed(Lane::Facts).0.checked_sub(1) else {
        return Ok(None);
    };
    match journal.reader().after(Lane::Facts, Seq(before), CHUNK) {
        Ok(records) => Ok(records.and_then(|records| {
            let frame = protocol::frame::decode_all(&records.bytes).flatten().last()?;
            Event::decode(frame.body).ok().map(|event| event.at)
        })),
        Err(JournalError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The snapshots on disk.
enum StoredSnapshots {
    /// One per app.
    PerApp(BTreeMap<String, Snapshot>),
    /// One of all apps together, by app, as an older build left it.
    Whole(Seq, BTreeMap<String, serde_json::Value>),
}

impl StoredSnapshots {
    fn read(journal: &Journal) -> Result<Self, JournalError> {
        let snapshots = journal.snapshots()?;
        if snapshots.is_empty()
            && let Some((upto, state)) = journal.whole_snapshot()?
        {
            match serde_json::from_slice(&state) {
                Ok(apps) => return Ok(StoredSnapshots::Whole(upto, apps)),
                Err(error) => tracing::error!(%error, "the snapshot cannot be read; replaying every fact there is"),
            }
        }
        let by_app = snapshots.into_iter().map(|snapshot| (snapshot.app.clone(), snapshot));
        Ok(StoredSnapshots::PerApp(by_app.collect()))
    }

    fn state<S: DeserializeOwned>(&mut self, app: &str) -> Option<(Seq, S)> {
        let (upto, state) = match self {
            StoredSnapshots::PerApp(all) => {
                let snapshot = all.remove(app)?;
                let bytes = snapshot.state.and_then(|packed| packed.unpack());
                (snapshot.upto, bytes.map(|bytes| serde_json::from_slice(&bytes)))
            }
            StoredSnapshots::Whole(upto, all) => (*upto, all.remove(app).map(serde_json::from_value)),
        };
        match state {
            Some(Ok(state)) => Some((upto, state)),
            Some(Err(error)) => {
                tracing::error!(app, %error, "a snapshot cannot be read; replaying every fact there is");
                None
            }
            None => {
                tracing::error!(app, "a snapshot is damaged or missing; replaying every fact there is");
                None
            }
        }
    }

    fn is_per_app(&self) -> bool {
        match self {
            StoredSnapshots::PerApp(_) => true,
            StoredSnapshots::Whole(..) => false,
        }
    }
}

struct RestoreVisitor {
    apps: Apps,
    /// From where on each app takes events in.
    covered: SnapshotSeqs,
    /// How far each app's own snapshot on disk goes.
    stored: SnapshotSeqs,
    found: StoredSnapshots,
}

impl AppVisitor for RestoreVisitor {
    fn visit<A: KernelApp>(&mut self) {
        let own = self.found.is_per_app();
        let Some((upto, state)) = self.found.state::<A::State>(A::NAME) else {
            self.covered.insert(A::NAME, Seq::ZERO);
            return;
        };
        A::slot_mut(&mut self.apps).state = state;
        self.covered.insert(A::NAME, upto);
        if own {
            self.stored.insert(A::NAME, upto);
        }
    }
}

impl Apps {
    /// Makes an event so in every app whose snapshot does not have it yet.
    fn apply_after(&mut self, covered: &SnapshotSeqs, event: &Event, seq: Seq) {
        struct ReplayVisitor<'a>(&'a mut Apps, &'a SnapshotSeqs, &'a Event, Seq);
        impl AppVisitor for ReplayVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                let is_new = self.1.get(A::NAME).is_none_or(|upto| self.3 > *upto);
                if is_new && A::concerns(self.2) {
                    let slot = A::slot_mut(self.0);
                    A::apply(&mut slot.state, self.2);
                    slot.changed = self.3;
                }
            }
        }
        each(&mut ReplayVisitor(self, covered, event, seq));
    }
}
