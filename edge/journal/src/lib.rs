//! Store and forward: every event is on disk before anyone is told about it, and the site's state beside it.
//!
//! The journal does not know what a fact means, nor that a cloud exists. It never hands out a record that is not
//! committed, never uses a seq twice, and never loses a committed record without saying so.
//!
//! # On disk
//! One flat directory, mode 0700, files 0600:
//! ```text
//! lock                      flock, held while a journal is open
//! facts-0000000001.seg      segments of the two lanes, by ordinal; preallocated, never rewritten, deleted whole
//! telemetry-0000000001.seg
//! state.redb                boot counter, cursor, last seqs, explained losses, snapshots, tables
//! reserve                   room that an opening beside a full disk gives up
//! *.damaged                 a file that could not be used, set aside for a person to look at
//! ```
//! A segment is a header of 64 bytes; records, each exactly the bytes of [`protocol::frame`], one
//! after another; a mark of 32 bytes that tells where the last batch began and which seq ended it, and
//! which the next batch overwrites; zeros; and, once a successor exists, a seal in the last 64 bytes.
//! A commit is one write of the batch and its mark, and one `fdatasync`; the write goes around the page cache where the
//! file system allows it, in sectors of 512 bytes instead of pages of 4,096. The exact bytes are in `format.rs`.
//! `state.redb` is a redb file in sectors of 512 bytes, each with a checksum of its own (`state/backend.rs`).
//!
//! # When it is opened
//! Sealed segments are believed by header and seal (their checksums are verified when they are read); only segments
//! without a seal, normally the last of each lane, are read through. A half-written last batch was never acknowledged
//! and is cut off. Anything else that is missing or does not check out is reported as [`LostRange`], again at each opening
//! until the next [`Journal::checkpoint`]: write the tombstones before that. Where it cannot be known how far a lane
//! went, the next seq jumps ahead by [`MARGIN`].

mod disk;
mod error;
mod forgetting;
mod format;
mod journal;
mod lane;
mod reader;
mod recovery;
mod reserve;
mod retention;
mod scan;
mod segment;
pub mod sim;
mod snapshot;
mod state;
mod types;
mod view;

#[cfg(test)]
mod tests;

pub use disk::{Disk, DiskFile, DiskLock, FsDisk};
pub use error::JournalError;
pub use journal::{Journal, is_blank};
pub use reader::{JournalReader, Records};
pub use recovery::MARGIN;
pub use snapshot::{PackedState, Snapshot};
pub use types::{
    DiscardRange, FactRetention, IntactValues, JournalOptions, LaneGrowth, LostRange, LostReason, Recovery,
    RecoveryNote, Table, Usage,
};
