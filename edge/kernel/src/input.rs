//! Everything that can be asked of the kernel.

use crate::{Entry, Presence, Refusal, Settlement, Status, Trust};
use edge_journal::{Snapshot, Table};
use protocol::{
    Actor, CommandId, DeviceId, Document, Epoch, Have, Outcome, document::DocumentFault, fact::DeviceFound,
    signed::Signed,
};
use tokio::sync::oneshot;

/// Answered once it is on disk, or refused.
pub(crate) type Done<T> = oneshot::Sender<Result<T, Refusal>>;

/// One thing asked of the kernel, which is its writer `W`.
pub(crate) enum Input<W> {
    /// Record facts.
    Record {
        actor: Actor,
        entries: Vec<Entry>,
        done: Done<()>,
    },
    /// Take a command on.
    Command { signed: Signed, done: Done<CommandId> },
    /// A command ended.
    Settle {
        command: CommandId,
        outcome: Outcome,
        done: Done<()>,
    },
    /// Take a document on.
    Document { signed: Signed, done: Done<Settlement> },
    /// A document took effect, or failed with a reason.
    DocumentSettled {
        document: Box<Document>,
        result: Result<(), DocumentFault>,
        done: Done<()>,
    },
    /// A device is configured; milliseconds it may be silent, where it has a term of its own.
    Enlist {
        found: DeviceFound,
        lease_ms: Option<u64>,
        done: Done<()>,
    },
    /// A device is like this now.
    Presence {
        device: DeviceId,
        presence: Presence,
        fw: Option<String>,
        done: Done<()>,
    },
    /// Something of an app: a request to decide, a change of its configuration. Only [`crate::Port`] makes these.
    App(Box<dyn FnOnce(&mut W) + Send>),
    /// Snapshots are encoded.
    Snapshots(Vec<Snapshot>),
    /// Whose word to take from now on.
    Trust(Trust),
    /// A device was heard.
    Heard { device: DeviceId },
    /// The cloud has this much.
    Advance { epoch: Epoch, have: Have },
    /// Keep something, or forget it.
    Store {
        table: Table,
        key: String,
        value: Option<Vec<u8>>,
        done: Done<()>,
    },
    /// Read a whole table.
    Scan {
        table: Table,
        done: Done<Vec<(String, Vec<u8>)>>,
    },
    /// How it is.
    Status(oneshot::Sender<Status>),
    /// Time has passed.
    Tick,
    /// Commit, checkpoint, and end.
    Stop(oneshot::Sender<()>),
}
