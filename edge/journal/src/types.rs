//! What callers give the journal and get from it.

use edge_seal::SealingKey;
use protocol::{
    fact::DropReason,
    lane::{Epoch, Lane, Seq},
};
use std::{fmt, path::PathBuf, time::Duration};

/// How a journal is opened.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// Where its files are. Created with mode 0700 where absent.
    pub dir: PathBuf,
    /// Which journal of this edge: from the identity file, which lives elsewhere.
    pub epoch: Epoch,
    /// Bytes the facts lane may take on disk; beyond it `append` refuses.
    pub facts_budget: u64,
    /// Bytes the telemetry lane may take on disk; beyond it its oldest segments are [`DiscardRange`].
    pub telemetry_budget: u64,
    /// Size of a segment. A batch that would not fit gets a larger one.
    pub segment_bytes: u64,
    /// Memory that redb may use as cache.
    pub cache_bytes: usize,
    /// What the values of all tables are sealed with. Values from before are sealed at the first opening with a key.
    pub seal: Option<SealingKey>,
}

impl JournalOptions {
    /// The defaults: facts 512 MiB, telemetry 128 MiB, segments of 4 MiB, cache 4 MiB.
    pub fn new(dir: impl Into<PathBuf>, epoch: Epoch) -> Self {
        Self {
            dir: dir.into(),
            epoch,
            facts_budget: 512 << 20,
            telemetry_budget: 128 << 20,
            segment_bytes: 4 << 20,
            cache_bytes: 4 << 20,
            seal: None,
        }
    }

    /// Bytes one lane may take.
    pub(crate) fn budget(&self, lane: Lane) -> u64 {
        match lane {
            Lane::Facts => self.facts_budget,
            Lane::Telemetry => self.telemetry_budget,
        }
    }
}

/// A set of keys with values. What each is for is the callers' business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Single values about the whole edge.
    Meta,
    /// What subscribers get at once when they subscribe.
    Retained,
    /// Conversations that outlive their connection.
    Sessions,
    /// Versioned configuration.
    Documents,
    /// Devices, and what is remembered about each.
    Devices,
    /// What people of the site settle on the box itself.
    Local,
    /// Large configuration, row by row.
    Registers,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 7] = [
        Table::Meta,
        Table::Retained,
        Table::Sessions,
        Table::Documents,
        Table::Devices,
        Table::Local,
        Table::Registers,
    ];

    /// The table's name on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Retained => "retained",
            Table::Sessions => "sessions",
            Table::Documents => "documents",
            Table::Devices => "devices",
            Table::Local => "local",
            Table::Registers => "registers",
        }
    }
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// How often this journal was opened, this time included.
    pub boot: u64,
    /// Ranges that are gone and that nobody has explained yet. Seqs in them are never used again.
    pub lost: Vec<LostRange>,
    /// Bytes of unfinished batches that were cut off. Nobody had been told about them.
    pub torn: u64,
    /// What else was done, in words for the log.
    pub notes: Vec<RecoveryNote>,
}

/// What recovery had to do, in words for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryNote(String);

impl From<String> for RecoveryNote {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for RecoveryNote {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq<&str> for RecoveryNote {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for RecoveryNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range of a lane that is gone, ends included. It may reach beyond the last event there was, see [`crate::MARGIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostRange {
    /// Which lane.
    pub lane: Lane,
    /// First seq.
    pub from: Seq,
    /// Last seq.
    pub to: Seq,
    /// Damaged bytes; zero where they are not there at all.
    pub bytes: u64,
    /// How they went.
    pub reason: LostReason,
}

/// How a range went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostReason {
    /// The bytes are there, but their checksum does not match.
    Damaged,
    /// The file is not there.
    Missing,
}

impl From<LostReason> for DropReason {
    fn from(reason: LostReason) -> Self {
        match reason {
            LostReason::Damaged => DropReason::Damaged,
            LostReason::Missing => DropReason::Missing,
        }
    }
}

/// Whole segments that must go, oldest first. They go with [`crate::Journal::discard`], after the tombstone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscardRange {
    /// Which lane.
    pub lane: Lane,
    /// First seq that the cloud does not have.
    pub from: Seq,
    /// Last seq.
    pub to: Seq,
    /// Bytes on disk that this frees.
    pub bytes: u64,
    /// Why: budget or age.
    pub reason: DropReason,
}

/// Which facts go that the cloud does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactRetention {
    /// Older ones go, however much room there is; none: only for lack of room.
    pub expire_after: Option<Duration>,
    /// Younger ones stay, however little room there is.
    pub keep_for: Duration,
    /// Bytes that are to be freed.
    pub free: u64,
}

/// How fast a lane has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneGrowth {
    /// Bytes that its files took up
    pub bytes: u64,
    /// within this time.
    pub within: Duration,
}

/// How full a lane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes its files take on disk.
    pub bytes: u64,
    /// Bytes they may take.
    pub limit: u64,
    /// Bytes that the next file will take at least.
    pub segment: u64,
    /// Committed events that the cloud does not have.
    pub unsent: u64,
}

/// The values of a table that are as they were written, by key, and the keys of those that are not.
pub type IntactValues = (Vec<(String, Vec<u8>)>, Vec<String>);
