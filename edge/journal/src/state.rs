//! The site's state in redb: tables of values, the snapshot, and what the journal remembers about itself.
//!
//! Puts are visible at once and durable with the next commit. Every value carries its own checksum: redb checks its
//! pages only when it repairs them.

mod backend;
mod sealing;
mod snapshots;
mod tables;
pub(crate) mod values;

use crate::{
    disk::Disk,
    error::{DiskContext, JournalError},
    snapshot::Snapshot,
    types::{IntactValues, Table},
    view::LaneRange,
};
use edge_seal::{SealingKey, SealingKeyId};
use protocol::lane::{Epoch, Lane, LaneCursors};
use redb::{Database, TableDefinition};
use sealing::{Change, Waiting, changes};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};
use tables::{definition, open_database, read, read_all, read_keys, state_error};
use values::{checked, opened, with_checksum};

/// Name of the file.
pub(crate) const FILE: &str = "state.redb";
const NEW: &str = "state.redb.new";
const DAMAGED: &str = "state.redb.damaged";
const OWN: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("journal");
const CORE: &str = "core";

/// What the journal remembers about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct JournalMeta {
    pub(crate) epoch: Epoch,
    pub(crate) boot: u64,
    /// How far the cloud has each lane.
    pub(crate) cursor: LaneCursors,
    /// How far each lane was committed.
    pub(crate) last: LaneCursors,
    /// How far all snapshots cover the facts lane.
    pub(crate) snapshot: protocol::Seq,
    /// How far each app's snapshot does.
    #[serde(default)]
    pub(crate) snapshots: BTreeMap<String, protocol::Seq>,
    /// How far the one before each of these does.
    #[serde(default)]
    pub(crate) previous: BTreeMap<String, protocol::Seq>,
    /// How the snapshots are laid out.
    #[serde(default)]
    pub(crate) format: u32,
    /// Apps that may begin anew though the facts that made them are gone; until the next snapshots.
    #[serde(default)]
    pub(crate) accepted_losses: BTreeSet<String>,
    pub(crate) facts_explained: Vec<LaneRange>,
    pub(crate) telemetry_explained: Vec<LaneRange>,
    /// What the values of all tables are sealed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<SealingKeyId>,
}

impl JournalMeta {
    /// Nobody needs a lane's records up to here.
    pub(crate) fn floor(&self, lane: Lane) -> protocol::Seq {
        match lane {
            Lane::Facts => self.cursor.facts.min(self.snapshot),
            Lane::Telemetry => self.cursor.telemetry,
        }
    }
    /// Losses and removals of a lane that were explained.
    pub(crate) fn explained(&self, lane: Lane) -> &Vec<LaneRange> {
        match lane {
            Lane::Facts => &self.facts_explained,
            Lane::Telemetry => &self.telemetry_explained,
        }
    }
    /// Adds a range that is explained, and forgets those that no longer matter.
    pub(crate) fn explain(&mut self, lane: Lane, range: LaneRange) {
        let floor = self.floor(lane);
        let explained = match lane {
            Lane::Facts => &mut self.facts_explained,
            Lane::Telemetry => &mut self.telemetry_explained,
        };
        explained.push(range);
        explained.sort_unstable();
        explained.retain(|(_, to)| *to > floor);
        explained.dedup_by(|next, before| {
            let touching = next.0 <= before.1.next();
            if touching {
                before.1 = before.1.max(next.1);
            }
            touching
        });
    }
}

/// Opened state.
#[derive(Debug)]
pub(crate) struct State {
    disk: Arc<dyn Disk>,
    cache_bytes: usize,
    seal: Option<SealingKey>,
    /// Absent after an error of the medium, until it can be opened again.
    database: Option<Database>,
    waiting: Waiting,
    /// As last committed.
    pub(crate) meta: JournalMeta,
}

/// What was there to be opened.
#[derive(Debug)]
pub(crate) enum OpenResult {
    /// A state.
    Kept(Box<State>),
    /// None.
    Absent,
    /// One that could not be used; it was set aside.
    SetAside,
}

impl State {
    /// Opens the state that is there, and counts this start.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        cache_bytes: usize,
        seal: Option<&SealingKey>,
    ) -> Result<OpenResult, JournalError> {
        let names = disk.list().doing("list", "the journal's directory")?;
        if names.iter().any(|name| name == NEW) {
            disk.remove(NEW).doing("remove", NEW)?;
        }
        if !names.iter().any(|name| name == FILE) {
            return Ok(OpenResult::Absent);
        }
        match Self::load(disk, cache_bytes, seal) {
            Ok(state) => Ok(OpenResult::Kept(Box::new(state))),
            Err(error) if is_damage(&error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the state is damaged and set aside"
                );
                disk.rename(FILE, DAMAGED).doing("set aside", FILE)?;
                disk.sync_dir().doing("set aside", FILE)?;
                Ok(OpenResult::SetAside)
            }
            Err(error) => Err(error),
        }
    }

    fn load(disk: &Arc<dyn Disk>, cache_bytes: usize, seal: Option<&SealingKey>) -> Result<Self, JournalError> {
        let database = open_database(disk.as_ref(), FILE, cache_bytes)?;
        let bytes = read(&database, OWN, CORE)?.ok_or(JournalError::Inner { what: "core" })?;
        let core: Option<JournalMeta> = checked(&bytes).and_then(|json| serde_json::from_slice(json).ok());
        let core = core.ok_or(JournalError::Inner { what: "core" })?;
        let at_hand = seal.map(|key| key.id().clone());
        if let Some(by) = core.sealed.clone().filter(|by| Some(by) != at_hand.as_ref()) {
            return Err(JournalError::Sealed { by, at_hand });
        }
        let is_to_be_sealed = core.sealed != at_hand;
        let disk = Arc::clone(disk);
        let mut state = Self {
            disk,
            cache_bytes,
            seal: seal.filter(|_| !is_to_be_sealed).cloned(),
            database: Some(database),
            waiting: BTreeMap::new(),
            meta: core,
        };
        state.check_format()?;
        if is_to_be_sealed {
            state.wait_to_be_sealed()?;
            state.seal = seal.cloned();
        }
        let boot = state.meta.boot + 1;
        state.commit(
            JournalMeta {
                boot,
                sealed: at_hand,
                ..state.meta.clone()
            },
            &[],
        )?;
        if is_to_be_sealed {
            state.forget_old_pages()?;
        }
        Ok(state)
    }

    /// Puts every value once more, so that the next commit seals all of them.
    fn wait_to_be_sealed(&mut self) -> Result<(), JournalError> {
        for table in Table::ALL {
            let (intact, damaged) = self.scan_intact(table)?;
            for key in damaged {
                tracing::error!(?table, key, "a damaged value is not sealed");
            }
            for (key, value) in intact {
                self.put(table, &key, Some(value));
            }
        }
        Ok(())
    }

    /// Gives back the pages that still hold the values from before they were sealed.
    fn forget_old_pages(&mut self) -> Result<(), JournalError> {
        if let Some(database) = &mut self.database {
            let compacted = database.compact().map_err(redb::Error::from);
            compacted.map_err(state_error("compact"))?;
        }
        Ok(())
    }

    /// Makes a new, empty state. It gets its name only once it is whole.
    pub(crate) fn create(
        disk: &Arc<dyn Disk>,
        cache_bytes: usize,
        seal: Option<&SealingKey>,
        core: JournalMeta,
    ) -> Result<Self, JournalError> {
        disk.create(NEW).doing("create", NEW)?;
        let database = open_database(disk.as_ref(), NEW, cache_bytes)?;
        let mut state = Self {
            disk: Arc::clone(disk),
            cache_bytes,
            seal: seal.cloned(),
            database: Some(database),
            waiting: BTreeMap::new(),
            meta: core.clone(),
        };
        let sealed = seal.map(|key| key.id().clone());
        state.commit(JournalMeta { sealed, ..core }, &[])?;
        disk.rename(NEW, FILE).doing("name", FILE)?;
        disk.sync_dir().doing("make durable the name of", FILE)?;
        Ok(state)
    }

    pub(crate) fn put(&mut self, table: Table, key: &str, value: Option<Vec<u8>>) {
        self.waiting.insert((table, key.to_owned()), value);
    }

    pub(crate) fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        if let Some(value) = self.waiting.get(&(table, key.to_owned())) {
            return Ok(value.clone());
        }
        match read(self.database()?, definition(table), key)? {
            None => Ok(None),
            Some(bytes) => opened(self.seal.as_ref(), table, key, &bytes).map(Some),
        }
    }

    pub(crate) fn keys(&self, table: Table) -> Result<Vec<String>, JournalError> {
        let mut all: BTreeSet<String> = read_keys(self.database()?, definition(table))?.into_iter().collect();
        for ((_, key), value) in self.waiting.iter().filter(|((other, _), _)| *other == table) {
            match value {
                Some(_) => all.insert(key.clone()),
                None => all.remove(key),
            };
        }
        Ok(all.into_iter().collect())
    }

    pub(crate) fn scan(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        let mut all = BTreeMap::new();
        for (key, bytes) in read_all(self.database()?, definition(table))? {
            if !self.waiting.contains_key(&(table, key.clone())) {
                let value = opened(self.seal.as_ref(), table, &key, &bytes)?;
                all.insert(key, value);
            }
        }
        for ((_, key), value) in self.waiting.iter().filter(|((other, _), _)| *other == table) {
            if let Some(value) = value {
                all.insert(key.clone(), value.clone());
            }
        }
        Ok(all.into_iter().collect())
    }

    /// Like [`Self::scan`], with the keys of the values that are damaged.
    pub(crate) fn scan_intact(&self, table: Table) -> Result<IntactValues, JournalError> {
        let mut damaged = Vec::new();
        let mut all = BTreeMap::new();
        for (key, bytes) in read_all(self.database()?, definition(table))? {
            match opened(self.seal.as_ref(), table, &key, &bytes) {
                Ok(value) => {
                    all.insert(key, value);
                }
                Err(_) if self.waiting.contains_key(&(table, key.clone())) => {}
                Err(_) => damaged.push(key),
            }
        }
        for ((_, key), value) in self.waiting.iter().filter(|((other, _), _)| *other == table) {
            match value {
                Some(value) => all.insert(key.clone(), value.clone()),
                None => all.remove(key),
            };
        }
        Ok((all.into_iter().collect(), damaged))
    }

    /// One durable transaction with all puts that wait, `core`, and the snapshots if there are any: then they are those
    /// of all apps there are.
    pub(crate) fn commit(&mut self, mut core: JournalMeta, snapshots: &[Snapshot]) -> Result<(), JournalError> {
        if self.database.is_none() {
            self.database = Some(open_database(self.disk.as_ref(), FILE, self.cache_bytes)?);
        }
        core.cover(snapshots);
        let changes = changes(&self.waiting, self.seal.as_ref())?;
        let done = self.transact(&core, &changes, snapshots);
        if let Err(source) = done {
            // redb refuses everything after an error of the medium; the file itself is as after the last commit.
            self.database = None;
            self.database = open_database(self.disk.as_ref(), FILE, self.cache_bytes).ok();
            return Err(state_error("commit")(source));
        }
        self.meta = core;
        self.waiting.clear();
        Ok(())
    }

    fn transact(&self, core: &JournalMeta, changes: &[Change<'_>], snapshots: &[Snapshot]) -> Result<(), redb::Error> {
        let Some(database) = &self.database else {
            return Err(redb::Error::DatabaseClosed);
        };
        let mut transaction = database.begin_write()?;
        transaction.set_durability(redb::Durability::Immediate)?;
        transaction.set_quick_repair(true);
        {
            let json = serde_json::to_vec(core).map_err(io::Error::from)?;
            let mut own = transaction.open_table(OWN)?;
            own.insert(CORE, with_checksum(&json).as_slice())?;
            snapshots::write(&mut own, &self.meta, snapshots)?;
        }
        for table in Table::ALL {
            let mut changes = changes.iter().filter(|(other, _, _)| *other == table).peekable();
            if changes.peek().is_none() {
                continue;
            }
            let mut table = transaction.open_table(definition(table))?;
            for (_, key, bytes) in changes {
                match bytes {
                    Some(bytes) => table.insert(*key, bytes.as_slice())?,
                    None => table.remove(*key)?,
                };
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn database(&self) -> Result<&Database, JournalError> {
        self.database
            .as_ref()
            .ok_or_else(|| state_error("read")(redb::Error::DatabaseClosed))
    }
}

/// Whether the file is at fault, and not the disk or the moment.
fn is_damage(error: &JournalError) -> bool {
    match error {
        JournalError::Inner { .. } => true,
        JournalError::State { source, .. } => {
            let cut_off =
                |error: &io::Error| matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof);
            matches!(
                source.as_ref(),
                redb::Error::Corrupted(_)
                    | redb::Error::UpgradeRequired(_)
                    | redb::Error::RepairAborted
                    | redb::Error::TableTypeMismatch { .. }
                    | redb::Error::TypeDefinitionChanged { .. }
            ) || matches!(source.as_ref(), redb::Error::Io(error) if cut_off(error))
        }
        JournalError::Locked { .. }
        | JournalError::Epoch { .. }
        | JournalError::Full { .. }
        | JournalError::Body { .. }
        | JournalError::Unsettled { .. }
        | JournalError::Damaged { .. }
        | JournalError::Newer { .. }
        | JournalError::WouldForget { .. }
        | JournalError::Disk { .. }
        | JournalError::Sealed { .. }
        | JournalError::Seal { .. }
        | JournalError::Value { .. } => false,
    }
}
