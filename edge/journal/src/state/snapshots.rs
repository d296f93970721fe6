//! Where snapshots are kept inside redb: the states under a key per app, how far each goes in the core.

use super::{JournalMeta, OWN, State, tables::read};
use crate::{
    error::JournalError,
    snapshot::{PackedState, Snapshot, pack_whole, unpack_whole},
};
use protocol::Seq;
use redb::ReadableTable as _;

/// The one snapshot of all apps together, as it was written before each had its own. Read, never written.
const WHOLE: &str = "snapshot";

/// How the states are laid out that this build writes; 0: before there were numbers.
const FORMAT: u32 = 1;

fn key(app: &str) -> String {
    format!("snapshot/{app}")
}

/// Of the one before.
fn previous_key(app: &str) -> String {
    format!("snapshot-previous/{app}")
}

impl JournalMeta {
    /// Takes in how far the snapshots go. One that claims to be unchanged counts only where there is one.
    pub(super) fn cover(&mut self, snapshots: &[Snapshot]) {
        if snapshots.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.snapshots);
        let written = snapshots
            .iter()
            .filter(|snapshot| snapshot.state.is_some() || before.contains_key(&snapshot.app));
        self.snapshots = written.map(|snapshot| (snapshot.app.clone(), snapshot.upto)).collect();
        self.previous = before;
        self.previous.retain(|app, _| self.snapshots.contains_key(app));
        let all_are_there = self.snapshots.len() == snapshots.len();
        // Facts are kept since the ones before, so that these can take the place of any that cannot be read.
        let reach = self
            .snapshots
            .iter()
            .map(|(app, upto)| self.previous.get(app).unwrap_or(upto));
        let lowest = reach.min().copied().filter(|_| all_are_there);
        self.snapshot = lowest.unwrap_or_default();
        self.format = FORMAT;
        self.accepted_losses.clear();
    }
}

/// Writes the states that changed, and forgets those of apps that are not named any more.
pub(super) fn write(
    own: &mut redb::Table<'_, &str, &[u8]>,
    before: &JournalMeta,
    snapshots: &[Snapshot],
) -> Result<(), redb::Error> {
    if snapshots.is_empty() {
        return Ok(());
    }
    for snapshot in snapshots {
        if before.snapshots.contains_key(&snapshot.app) {
            keep_previous(own, &snapshot.app)?;
        }
        if let Some(state) = &snapshot.state {
            own.insert(key(&snapshot.app).as_str(), state.as_bytes())?;
        }
    }
    let is_named = |app: &String| snapshots.iter().any(|snapshot| snapshot.app == *app);
    for gone in before.snapshots.keys().filter(|app| !is_named(app)) {
        own.remove(key(gone).as_str())?;
        own.remove(previous_key(gone).as_str())?;
    }
    own.remove(WHOLE)?;
    Ok(())
}

/// Puts an app's snapshot in the place of the one before.
fn keep_previous(own: &mut redb::Table<'_, &str, &[u8]>, app: &str) -> Result<(), redb::Error> {
    let read = |own: &redb::Table<'_, &str, &[u8]>, key: &str| -> Result<Option<Vec<u8>>, redb::Error> {
        Ok(own.get(key)?.map(|value| value.value().to_vec()))
    };
    let present = read(own, &key(app))?;
    if let Some(present) = present
        && read(own, &previous_key(app))?.as_ref() != Some(&present)
    {
        own.insert(previous_key(app).as_str(), present.as_slice())?;
    }
    Ok(())
}

impl State {
    /// Refuses a state that a newer build has written.
    pub(crate) fn check_format(&self) -> Result<(), JournalError> {
        match self.meta.format {
            found if found > FORMAT => Err(JournalError::Newer { found, known: FORMAT }),
            _ => Ok(()),
        }
    }

    /// The snapshots before the present ones.
    pub(crate) fn previous_snapshots(&self) -> Result<Vec<Snapshot>, JournalError> {
        let mut all = Vec::new();
        for (app, upto) in &self.meta.previous {
            let bytes = read(self.database()?, OWN, &previous_key(app))?;
            all.push(Snapshot {
                app: app.clone(),
                upto: *upto,
                state: bytes.map(PackedState::from_bytes),
            });
        }
        Ok(all)
    }

    pub(crate) fn snapshots(&self) -> Result<Vec<Snapshot>, JournalError> {
        let mut all = Vec::new();
        for (app, upto) in &self.meta.snapshots {
            let bytes = read(self.database()?, OWN, &key(app))?;
            all.push(Snapshot {
                app: app.clone(),
                upto: *upto,
                state: bytes.map(PackedState::from_bytes),
            });
        }
        Ok(all)
    }

    pub(crate) fn whole_snapshot(&self) -> Result<Option<(Seq, Vec<u8>)>, JournalError> {
        match read(self.database()?, OWN, WHOLE)? {
            None => Ok(None),
            Some(bytes) => unpack_whole(&bytes)
                .map(Some)
                .ok_or(JournalError::Inner { what: "snapshot" }),
        }
    }

    /// Leaves the snapshot that a build of before would have left, and none per app.
    pub(crate) fn leave_whole_snapshot(&self, upto: Seq, state: &[u8]) -> Result<(), redb::Error> {
        let Some(database) = &self.database else {
            return Err(redb::Error::DatabaseClosed);
        };
        let mut core = self.meta.clone();
        core.snapshot = upto;
        let gone = std::mem::take(&mut core.snapshots);
        let json = serde_json::to_vec(&core).map_err(std::io::Error::from)?;
        let transaction = database.begin_write()?;
        {
            let mut own = transaction.open_table(OWN)?;
            own.insert(super::CORE, super::with_checksum(&json).as_slice())?;
            own.insert(WHOLE, pack_whole(upto, state)?.as_slice())?;
            for app in gone.keys() {
                own.remove(key(app).as_str())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}
