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

/// Every app as the disk has it, and how far the snapshots there go. [`JournalError::WouldForget`] where an app could only
/// be begun anew, and nobody has said that it may be.
pub(crate) fn replay(journal: &Journal) -> Result<(Apps, SnapshotSeqs), JournalError> {
    let mut restoring = RestoreVisitor {
        apps: Apps::default(),
        covered: SnapshotSeqs::new(),
        stored: SnapshotSeqs::new(),
        found: StoredSnapshots::read(journal)?,
        unreadable: Vec::new(),
    };
    each(&mut restoring);
    let RestoreVisitor {
        mut apps,
        covered,
        stored,
        unreadable,
        ..
    } = restoring;
    if let Some(first) = journal.first_kept() {
        let mut lost = unreadable.into_iter().filter(|(app, _)| !journal.is_loss_accepted(app));
        if let Some((app, why)) = lost.next() {
            let app = app.to_owned();
            return Err(JournalError::WouldForget { app, why, first });
        }
    }
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
    /// One per app, and the one before each.
    PerApp {
        present: BTreeMap<String, Snapshot>,
        previous: BTreeMap<String, Snapshot>,
    },
    /// One of all apps together, by app, as an older build left it.
    Whole(Seq, BTreeMap<String, serde_json::Value>),
    /// None at all: a fresh journal, or one whose state was lost; why.
    Nothing(String),
}

/// What is known of one app.
enum RestoredState<S> {
    /// Its state, how far it goes, and whether it is the present one on disk.
    Found(Seq, S, StoredAs),
    /// It never had a snapshot.
    New,
    /// It had one that cannot be read.
    Unreadable(String),
}

/// Where a state was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StoredAs {
    Present,
    Other,
}

impl StoredSnapshots {
    fn read(journal: &Journal) -> Result<Self, JournalError> {
        let by_app = |all: Vec<Snapshot>| all.into_iter().map(|one| (one.app.clone(), one)).collect();
        let present: BTreeMap<_, _> = by_app(journal.snapshots()?);
        if !present.is_empty() {
            let previous = by_app(journal.previous_snapshots()?);
            return Ok(StoredSnapshots::PerApp { present, previous });
        }
        let whole = match journal.whole_snapshot() {
            Err(error @ JournalError::Inner { .. }) => return Ok(StoredSnapshots::Nothing(error.to_string())),
            whole => whole?,
        };
        let Some((upto, state)) = whole else {
            return Ok(StoredSnapshots::Nothing("there is none".into()));
        };
        match serde_json::from_slice(&state) {
            Ok(apps) => Ok(StoredSnapshots::Whole(upto, apps)),
            Err(error) => Ok(StoredSnapshots::Nothing(error.to_string())),
        }
    }

    fn state<S: DeserializeOwned>(&mut self, app: &str) -> RestoredState<S> {
        match self {
            StoredSnapshots::Nothing(why) => RestoredState::Unreadable(why.clone()),
            StoredSnapshots::Whole(upto, all) => match all.remove(app).map(serde_json::from_value) {
                None => RestoredState::New,
                Some(Ok(state)) => RestoredState::Found(*upto, state, StoredAs::Other),
                Some(Err(error)) => RestoredState::Unreadable(error.to_string()),
            },
            StoredSnapshots::PerApp { present, previous } => {
                let Some(snapshot) = present.remove(app) else {
                    return RestoredState::New;
                };
                let why = match decoded(&snapshot) {
                    Ok(state) => return RestoredState::Found(snapshot.upto, state, StoredAs::Present),
                    Err(why) => why,
                };
                tracing::error!(app, why, "a snapshot cannot be read; going back to the one before");
                let Some(before) = previous.remove(app) else {
                    return RestoredState::Unreadable(why);
                };
                match decoded(&before) {
                    Ok(state) => RestoredState::Found(before.upto, state, StoredAs::Other),
                    Err(_) => RestoredState::Unreadable(why),
                }
            }
        }
    }
}

fn decoded<S: DeserializeOwned>(snapshot: &Snapshot) -> Result<S, String> {
    let packed = snapshot.state.as_ref().ok_or("it is missing")?;
    let bytes = packed.unpack().ok_or("it is damaged")?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

struct RestoreVisitor {
    apps: Apps,
    /// From where on each app takes events in.
    covered: SnapshotSeqs,
    /// How far each app's own snapshot on disk goes.
    stored: SnapshotSeqs,
    found: StoredSnapshots,
    /// Apps that can only be made of facts, and why.
    unreadable: Vec<(&'static str, String)>,
}

impl AppVisitor for RestoreVisitor {
    fn visit<A: KernelApp>(&mut self) {
        match self.found.state::<A::State>(A::NAME) {
            RestoredState::Found(upto, state, stored) => {
                A::slot_mut(&mut self.apps).state = state;
                self.covered.insert(A::NAME, upto);
                if stored == StoredAs::Present {
                    self.stored.insert(A::NAME, upto);
                }
            }
            RestoredState::New => {
                self.covered.insert(A::NAME, Seq::ZERO);
            }
            RestoredState::Unreadable(why) => {
                self.covered.insert(A::NAME, Seq::ZERO);
                self.unreadable.push((A::NAME, why));
            }
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
