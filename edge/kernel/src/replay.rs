//! The state as the disk has it: each app's last snapshot and the facts since.

use crate::{
    apps::{Apps, Hosted, Visitor, each},
    rounds::Stored,
};
use edge_journal::{Journal, JournalError, Snapshot};
use protocol::{Event, Lane, Seq};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Bytes of records looked at in one go.
const CHUNK: usize = 1 << 20;

/// Every app as the disk has it, and how far the snapshots there go.
pub(crate) fn replay(journal: &Journal) -> Result<(Apps, Stored), JournalError> {
    let mut restoring = Restoring {
        apps: Apps::default(),
        covered: Stored::new(),
        stored: Stored::new(),
        found: Found::read(journal)?,
    };
    each(&mut restoring);
    let Restoring {
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

/// The snapshots on disk.
enum Found {
    /// One per app.
    PerApp(BTreeMap<String, Snapshot>),
    /// One of all apps together, by app, as an older build left it.
    Whole(Seq, BTreeMap<String, serde_json::Value>),
}

impl Found {
    fn read(journal: &Journal) -> Result<Self, JournalError> {
        let snapshots = journal.snapshots()?;
        if snapshots.is_empty()
            && let Some((upto, state)) = journal.whole_snapshot()?
        {
            match serde_json::from_slice(&state) {
                Ok(apps) => return Ok(Found::Whole(upto, apps)),
                Err(error) => tracing::error!(%error, "the snapshot cannot be read; replaying every fact there is"),
            }
        }
        let by_app = snapshots.into_iter().map(|snapshot| (snapshot.app.clone(), snapshot));
        Ok(Found::PerApp(by_app.collect()))
    }

    fn state<S: DeserializeOwned>(&mut self, app: &str) -> Option<(Seq, S)> {
        let (upto, state) = match self {
            Found::PerApp(all) => {
                let snapshot = all.remove(app)?;
                let bytes = snapshot.state.and_then(|packed| packed.unpack());
                (snapshot.upto, bytes.map(|bytes| serde_json::from_slice(&bytes)))
            }
            Found::Whole(upto, all) => (*upto, all.remove(app).map(serde_json::from_value)),
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
            Found::PerApp(_) => true,
            Found::Whole(..) => false,
        }
    }
}

struct Restoring {
    apps: Apps,
    /// From where on each app takes events in.
    covered: Stored,
    /// How far each app's own snapshot on disk goes.
    stored: Stored,
    found: Found,
}

impl Visitor for Restoring {
    fn visit<A: Hosted>(&mut self) {
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
    fn apply_after(&mut self, covered: &Stored, event: &Event, seq: Seq) {
        struct Applying<'a>(&'a mut Apps, &'a Stored, &'a Event, Seq);
        impl Visitor for Applying<'_> {
            fn visit<A: Hosted>(&mut self) {
                let is_new = self.1.get(A::NAME).is_none_or(|upto| self.3 > *upto);
                if is_new && A::concerns(self.2) {
                    let slot = A::slot_mut(self.0);
                    A::apply(&mut slot.state, self.2);
                    slot.changed = self.3;
                }
            }
        }
        each(&mut Applying(self, covered, event, seq));
    }
}
