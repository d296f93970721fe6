//! What can go wrong with the journal, in words that tell what was being done.
//!
//! No error carries a record's body.

use crate::types::Table;
use edge_seal::{SealingError, SealingKeyId};
use protocol::{
    frame::BodySize,
    lane::{Epoch, Lane, Seq},
};
use std::{io, path::PathBuf};

/// Why the journal could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process, or another journal of this process, has the directory.
    #[error("{} is in use by another process", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// The files belong to another journal of this edge: the identity file and the journal do not fit together.
    #[error("the journal in {file} is of epoch {found}, not {expected}")]
    Epoch {
        /// Where it was found.
        file: String,
        /// What the file says.
        found: Epoch,
        /// What the caller said.
        expected: Epoch,
    },
    /// The lane's budget is used up; nothing was changed.
    #[error("the {lane} lane is full: {used} of {limit} bytes")]
    Full {
        /// Which lane.
        lane: Lane,
        /// Bytes its files take.
        used: u64,
        /// Bytes they may take.
        limit: u64,
    },
    /// The body cannot be a record.
    #[error("cannot append to the {lane} lane")]
    Body {
        /// Which lane.
        lane: Lane,
        /// What is wrong with it.
        #[source]
        source: BodySize,
    },
    /// A commit of this lane failed, and [`crate::Journal::rollback`] has not been called since.
    #[error("the last commit of the {lane} lane failed and was not rolled back")]
    Unsettled {
        /// Which lane.
        lane: Lane,
    },
    /// Records are damaged or gone. Reading can go on after `to`.
    #[error("records {from} to {to} of the {lane} lane are damaged")]
    Damaged {
        /// Which lane.
        lane: Lane,
        /// First seq.
        from: Seq,
        /// Last seq.
        to: Seq,
    },
    /// The state was written by a newer build, which alone knows how to read it.
    #[error("the state is of format {found}, this version knows {known}: a newer version wrote it")]
    Newer {
        /// Its number.
        found: u32,
        /// The newest that this build knows.
        known: u32,
    },
    /// An app's snapshots cannot be read, and the facts that made it are not all there any more.
    #[error("the snapshot of the {app} cannot be read ({why}), and the facts before {first} are gone")]
    WouldForget {
        /// Which app.
        app: String,
        /// Why it cannot be read.
        why: String,
        /// The first fact that is there.
        first: Seq,
    },
    /// A file could not be read or written. The source tells a full disk and a read-only file system.
    #[error("cannot {doing} {file}")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// Name of the file in the journal's directory.
        file: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The state could not be read or written.
    #[error("cannot {doing} the state")]
    State {
        /// What was being done.
        doing: &'static str,
        /// What redb says.
        #[source]
        source: Box<redb::Error>,
    },
    /// A value of the state does not match its checksum.
    #[error("the value of {key:?} on the {table:?} table is damaged")]
    Value {
        /// Which table.
        table: Table,
        /// Which key.
        key: String,
    },
    /// The values are sealed with another key than the one at hand, or none is at hand. Nothing was changed.
    #[error("the state is sealed with the key {by}, and {}", match at_hand { Some(id) => format!("the one at hand is {id}"), None => "none is at hand".to_owned() })]
    Sealed {
        /// The key it is sealed with.
        by: SealingKeyId,
        /// The key at hand.
        at_hand: Option<SealingKeyId>,
    },
    /// A value could not be sealed.
    #[error("cannot seal the value of {key:?} on the {table:?} table")]
    Seal {
        /// Which table.
        table: Table,
        /// Which key.
        key: String,
        /// Why not.
        #[source]
        source: SealingError,
    },
    /// Something of the journal's own in the state does not match its checksum.
    #[error("the {what} in the state is damaged")]
    Inner {
        /// What.
        what: &'static str,
    },
}

impl JournalError {
    /// Whether there is no space left on the disk.
    pub fn is_disk_full(&self) -> bool {
        self.kind() == Some(io::ErrorKind::StorageFull)
    }
    /// Whether the file system is read-only, as after an error of the medium.
    pub fn is_read_only(&self) -> bool {
        self.kind() == Some(io::ErrorKind::ReadOnlyFilesystem)
    }

    fn kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Disk { source, .. } => Some(source.kind()),
            Self::State { source, .. } => {
                if let redb::Error::Io(source) = source.as_ref() {
                    Some(source.kind())
                } else {
                    None
                }
            }
            Self::Locked { .. }
            | Self::Epoch { .. }
            | Self::Full { .. }
            | Self::Body { .. }
            | Self::Unsettled { .. }
            | Self::Damaged { .. }
            | Self::Newer { .. }
            | Self::WouldForget { .. }
            | Self::Value { .. }
            | Self::Sealed { .. }
            | Self::Seal { .. }
            | Self::Inner { .. } => None,
        }
    }
}

/// Says what was being done to which file.
pub(crate) trait DiskContext<T> {
    fn doing(self, doing: &'static str, file: impl Into<String>) -> Result<T, JournalError>;
}

impl<T> DiskContext<T> for io::Result<T> {
    fn doing(self, doing: &'static str, file: impl Into<String>) -> Result<T, JournalError> {
        self.map_err(|source| JournalError::Disk {
            doing,
            file: file.into(),
            source,
        })
    }
}
