//! The journal as its one owner uses it.
//!
//! Reads no clock, starts no thread, and does nothing behind its owner's back: what is durable, and when, is said here.

use crate::{
    disk::{Disk, DiskLock, FsDisk},
    error::{DiskContext, JournalError},
    format::parse_segment_name,
    lane::LaneWriter,
    reader::JournalReader,
    recovery::{self, RecordedLane, RecoveredLane},
    reserve,
    snapshot::Snapshot,
    state::{self, JournalMeta, OpenResult, State},
    types::{IntactValues, JournalOptions, LostRange, Recovery, RecoveryNote, Table, Usage},
    view::{LaneView, SharedLanes},
};
use protocol::lane::{Epoch, Lane, LaneCursors, Seq};
use std::{io, path::Path, sync::Arc};

/// Two lanes and the state. Its one owner writes; any number of [`JournalReader`]s read what is committed.
#[derive(Debug)]
pub struct Journal {
    pub(crate) options: JournalOptions,
    pub(crate) shared: Arc<SharedLanes>,
    pub(crate) state: State,
    pub(crate) cursor: LaneCursors,
    facts: LaneWriter,
    telemetry: LaneWriter,
    /// Losses that the next checkpoint counts as explained.
    unexplained: Vec<LostRange>,
    /// Whether room is set aside for the next opening.
    reserved: bool,
    /// Held for as long as the journal is open.
    lock: Option<DiskLock>,
}

/// Whether there is neither a segment nor a state in `dir`: then a new epoch begins.
pub fn is_blank(dir: &Path) -> io::Result<bool> {
    let entries = match dir.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        if name == state::FILE || parse_segment_name(name).is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Journal {
    /// Opens the journal in `options.dir`, or begins one there. [`JournalError::Locked`] where another process has it.
    pub fn open(options: JournalOptions) -> Result<(Journal, Recovery), JournalError> {
        let disk = FsDisk::new(&options.dir).doing("create", options.dir.display().to_string())?;
        Self::open_on(Arc::new(disk), options)
    }

    /// The same on any disk. `options.dir` serves in errors only. A full disk is met with the reserve that the last
    /// opening left.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the journal keeps the disk and its options"
    )]
    pub fn open_on(disk: Arc<dyn Disk>, options: JournalOptions) -> Result<(Journal, Recovery), JournalError> {
        let lock = match disk.lock() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(JournalError::Locked { dir: options.dir });
            }
            locked => locked.doing("lock", "the journal's directory")?,
        };
        let first = Self::begin(&disk, &options);
        let (mut journal, recovery) = match first {
            Err(error) if error.is_disk_full() && reserve::release(disk.as_ref()) => {
                let (journal, mut recovery) = Self::begin(&disk, &options)?;
                recovery.notes.push("the disk is full: its reserve was given up".into());
                (journal, recovery)
            }
            other => other?,
        };
        journal.lock = Some(lock);
        journal.reserved = reserve::ensure(disk.as_ref());
        Ok((journal, recovery))
    }

    /// Reads what is there and begins what is not. Changes nothing that doing it again would not mend.
    fn begin(disk: &Arc<dyn Disk>, options: &JournalOptions) -> Result<(Journal, Recovery), JournalError> {
        let opened = State::open(disk, options.cache_bytes, options.seal.as_ref())?;
        let core = match &opened {
            OpenResult::Kept(state) => Some(&state.meta),
            OpenResult::Absent | OpenResult::SetAside => None,
        };
        check_epoch(core, options)?;
        let facts = recovery::recover(disk.as_ref(), Lane::Facts, options, &recorded_lane(core, Lane::Facts))?;
        let telemetry = recovery::recover(
            disk.as_ref(),
            Lane::Telemetry,
            options,
            &recorded_lane(core, Lane::Telemetry),
        )?;
        disk.sync_dir().doing("sync", "the journal's directory")?;
        let mut notes = [facts.notes.as_slice(), telemetry.notes.as_slice()].concat();
        let state = open_state(opened, disk, options, [&facts, &telemetry], &mut notes)?;
        let lost = [facts.lost.as_slice(), telemetry.lost.as_slice()].concat();
        let recovery = Recovery {
            boot: state.meta.boot,
            lost: lost.clone(),
            torn: facts.torn + telemetry.torn,
            notes,
        };
        let shared = Arc::new(SharedLanes::new(
            Arc::clone(disk),
            view(Lane::Facts, &facts, &lost, &state.meta),
            view(Lane::Telemetry, &telemetry, &lost, &state.meta),
        ));
        let writer = |lane, found: RecoveredLane| {
            LaneWriter::new(lane, options, Arc::clone(&shared), found.segment, found.settled)
        };
        let (facts, telemetry) = (writer(Lane::Facts, facts), writer(Lane::Telemetry, telemetry));
        let cursor = state.meta.cursor;
        let journal = Journal {
            options: options.clone(),
            shared,
            state,
            cursor,
            facts,
            telemetry,
            unexplained: lost,
            reserved: false,
            lock: None,
        };
        Ok((journal, recovery))
    }

    /// A reader of what is committed, for any thread.
    pub fn reader(&self) -> JournalReader {
        JournalReader::new(Arc::clone(&self.shared))
    }

    /// Seq of the last record appended, committed or not: the next append gets the one after it. Behind the last record
    /// that exists where seqs had to be skipped.
    pub fn last(&self, lane: Lane) -> Seq {
        self.lane(lane).last()
    }

    /// Like [`Journal::last`], for what is committed.
    pub fn committed(&self, lane: Lane) -> Seq {
        self.lane(lane).committed()
    }

    /// Adds a record to what waits for [`Journal::commit`]. On an error nothing has changed.
    ///
    /// [`JournalError::Full`] where the facts lane's budget is used up; telemetry is never refused for its budget, see
    /// [`Journal::expired_telemetry`]. [`JournalError::Unsettled`] after a failed commit. [`JournalError::Body`] where the body is
    /// empty or beyond [`protocol::frame::MAX_BODY`].
    pub fn append(&mut self, lane: Lane, body: &[u8]) -> Result<Seq, JournalError> {
        self.lane_mut(lane).append(body)
    }

    /// The same beyond the budget: for a tombstone, which room is made with.
    pub fn append_past_budget(&mut self, lane: Lane, body: &[u8]) -> Result<Seq, JournalError> {
        self.lane_mut(lane).append_past_budget(body)
    }

    /// Makes all that waits in a lane durable, then readable: one write, one `fdatasync`, and once per segment the
    /// making of the next. On an error nothing of it is readable, and it still waits.
    ///
    /// Where a new segment could not be made (a full disk), nothing was written: commit again later, or roll back.
    /// Where the write or the sync failed, the file's state is unknown and retrying would prove nothing: every further
    /// append and commit is refused as [`JournalError::Unsettled`] until [`Journal::rollback`], after which the lane
    /// goes on in a new file.
    pub fn commit(&mut self, lane: Lane) -> Result<(), JournalError> {
        self.lane_mut(lane).commit()
    }

    /// Forgets what waits. Its seqs will be given to other records: nobody may have been told of them.
    pub fn rollback(&mut self, lane: Lane) {
        self.lane_mut(lane).rollback();
    }

    /// Bytes that wait for a commit.
    pub fn pending(&self, lane: Lane) -> usize {
        self.lane(lane).pending()
    }

    /// Puts a value in a table: visible at once, durable with the next checkpoint.
    pub fn put(&mut self, table: Table, key: &str, value: Vec<u8>) {
        self.state.put(table, key, Some(value));
    }

    /// Takes a value out of a table: at once, durably with the next checkpoint.
    pub fn remove(&mut self, table: Table, key: &str) {
        self.state.put(table, key, None);
    }

    /// A value. [`JournalError::Value`] where it is damaged.
    pub fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.state.get(table, key)
    }

    /// The keys of a table, in order; those of damaged values, too.
    pub fn keys(&self, table: Table) -> Result<Vec<String>, JournalError> {
        self.state.keys(table)
    }

    /// All values of a table, by key.
    pub fn scan(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        self.state.scan(table)
    }

    /// All values of a table that are as they were written, by key, and the keys of those that are not.
    pub fn scan_intact(&self, table: Table) -> Result<IntactValues, JournalError> {
        self.state.scan_intact(table)
    }

    /// Takes in how far the cloud has each lane: never backwards, durable with the next checkpoint.
    ///
    /// A cloud that has more than there is here proves that a disk lost what it had promised: then the lane goes on
    /// behind what the cloud has, so that no seq is used twice. Claims beyond [`crate::MARGIN`] are not believed.
    pub fn advance(&mut self, have: LaneCursors) {
        for lane in Lane::ALL {
            let (has, last) = (have.of(lane), self.last(lane));
            if has > last {
                if has.0 - last.0 > crate::MARGIN {
                    tracing::warn!(%lane, %has, %last, "the cloud claims events that cannot be");
                    continue;
                }
                tracing::warn!(%lane, %has, %last, "the cloud has events that are not here; going on behind them");
                self.lane_mut(lane).skip_to(has);
            }
            if has > self.cursor.of(lane) {
                self.cursor = self.cursor.with(lane, has);
            }
        }
    }

    /// How far the cloud has each lane.
    pub fn cursor(&self) -> LaneCursors {
        self.cursor
    }

    /// Makes puts, cursor, last seqs and, where given, new snapshots durable: one redb commit, about 36 KB of writes
    /// with quick repair. From here on the losses of [`Recovery`] count as explained. On an error all of it still waits.
    ///
    /// Snapshots come all at once, one of each app there is: an app that is not named is forgotten, and records are
    /// let go of only where every app's snapshot covers them.
    pub fn checkpoint(&mut self, snapshots: &[Snapshot]) -> Result<(), JournalError> {
        let mut core = self.state.meta.clone();
        core.cursor = self.cursor;
        for lane in Lane::ALL {
            core.last = core.last.with(lane, self.committed(lane));
        }
        for lost in &self.unexplained {
            core.explain(lost.lane, (lost.from, lost.to));
        }
        self.state.commit(core, snapshots)?;
        self.unexplained.clear();
        self.reserved = self.reserved || reserve::ensure(self.shared.disk.as_ref());
        Ok(())
    }

    /// The last snapshot of each app.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, JournalError> {
        self.state.snapshots()
    }

    /// The one snapshot of all apps together that an older build left, and how far it goes; gone with the first
    /// checkpoint that has snapshots.
    pub fn whole_snapshot(&self) -> Result<Option<(Seq, Vec<u8>)>, JournalError> {
        self.state.whole_snapshot()
    }

    /// How full a lane is.
    pub fn usage(&self, lane: Lane) -> Usage {
        let view = self.shared.lane(lane);
        let unsent = view.records_after(self.cursor.of(lane));
        Usage {
            bytes: view.bytes(),
            limit: self.options.budget(lane),
            segment: self.options.segment_bytes,
            unsent,
        }
    }

    /// Which journal of this edge it is.
    pub fn epoch(&self) -> Epoch {
        self.options.epoch
    }

    fn lane(&self, lane: Lane) -> &LaneWriter {
        match lane {
            Lane::Facts => &self.facts,
            Lane::Telemetry => &self.telemetry,
        }
    }

    pub(crate) fn lane_mut(&mut self, lane: Lane) -> &mut LaneWriter {
        match lane {
            Lane::Facts => &mut self.facts,
            Lane::Telemetry => &mut self.telemetry,
        }
    }
}

fn check_epoch(core: Option<&JournalMeta>, options: &JournalOptions) -> Result<(), JournalError> {
    match core {
        Some(core) if core.epoch != options.epoch => Err(JournalError::Epoch {
            file: state::FILE.to_owned(),
            found: core.epoch,
            expected: options.epoch,
        }),
        Some(_) | None => Ok(()),
    }
}

fn recorded_lane(core: Option<&JournalMeta>, lane: Lane) -> RecordedLane {
    match core {
        None => RecordedLane::Nothing,
        Some(core) => {
            let explained = core.explained(lane).clone();
            RecordedLane::State {
                last: core.last.of(lane),
                floor: core.floor(lane),
                explained,
            }
        }
    }
}

/// The state that was there; where there was none, a new one from what the segments tell.
fn open_state(
    opened: OpenResult,
    disk: &Arc<dyn Disk>,
    options: &JournalOptions,
    found: [&RecoveredLane; 2],
    notes: &mut Vec<RecoveryNote>,
) -> Result<State, JournalError> {
    match opened {
        OpenResult::Kept(state) => return Ok(*state),
        OpenResult::SetAside => notes.push("the state was damaged; it was set aside and begun anew".into()),
        OpenResult::Absent => {
            if found
                .iter()
                .any(|found| found.entries.iter().any(|entry| entry.count > 0))
            {
                notes.push("the state was missing; it was begun anew".into());
            }
        }
    }
    // What the first segments do not reach back to was trimmed once: the cloud has it.
    let [facts, telemetry] =
        found.map(|found| found.entries.front().map_or(0, |entry| entry.first.0.saturating_sub(1)));
    let cursor = LaneCursors {
        facts: Seq(facts),
        telemetry: Seq(telemetry),
    };
    let core = JournalMeta {
        epoch: options.epoch,
        boot: 1,
        cursor,
        last: cursor,
        ..JournalMeta::default()
    };
    State::create(disk, options.cache_bytes, options.seal.as_ref(), core)
}

fn view(lane: Lane, found: &RecoveredLane, lost: &[LostRange], core: &JournalMeta) -> LaneView {
    let lost = lost
        .iter()
        .filter(|lost| lost.lane == lane)
        .map(|lost| (lost.from, lost.to));
    let reported = core.explained(lane).iter().copied().chain(lost).collect();
    LaneView {
        entries: found.entries.clone(),
        committed: found.settled,
        reported,
    }
}
