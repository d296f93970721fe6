//! Everything that can be asked of the kernel.

use crate::{DevicePresence, DocumentSettlement, FactEntry, KernelStatus, Refusal, Trust};
use edge_journal::{Snapshot, Table};
use protocol::{
    Actor, CommandId, DeviceId, Document, Epoch, LaneCursors, Outcome, document::DocumentFault, fact::DeviceIdentity,
    signed_text::SignedText, text::FirmwareVersion,
};
use tokio::sync::oneshot;

/// Answered once it is on disk, or refused.
pub(crate) type AnswerSender<T> = oneshot::Sender<Result<T, Refusal>>;

/// One thing asked of the kernel, which is its writer `W`.
pub(crate) enum KernelInput<W> {
    /// Record facts.
    Record {
        actor: Actor,
        entries: Vec<FactEntry>,
        done: AnswerSender<()>,
    },
    /// Take a command on.
    Command {
        signed: SignedText,
        done: AnswerSender<CommandId>,
    },
    /// A command ended.
    Settle {
        command: CommandId,
        outcome: Outcome,
        done: AnswerSender<()>,
    },
    /// Take a document on.
    Document {
        signed: SignedText,
        done: AnswerSender<DocumentSettlement>,
    },
    /// A document took effect, or failed with a reason.
    DocumentSettled {
        document: Box<Document>,
        result: Result<(), DocumentFault>,
        done: AnswerSender<()>,
    },
    /// A device is configured; milliseconds it may be silent, where it has a term of its own.
    Enlist {
        found: DeviceIdentity,
        lease_ms: Option<u64>,
        done: AnswerSender<()>,
    },
    /// A device is like this now.
    Presence {
        device: DeviceId,
        presence: DevicePresence,
        fw: Option<FirmwareVersion>,
        done: AnswerSender<()>,
    },
    /// Something of an app: a request to decide, a change of its configuration. Only [`crate::Port`] makes these.
    App(Box<dyn FnOnce(&mut W) + Send>),
    /// Snapshots are encoded.
    Snapshots(Vec<Snapshot>),
    /// Whose word to take from now on.
    Trust(Trust),
    /// A device was heard.
    RenewLease { device: DeviceId },
    /// The cloud has this much.
    Advance { epoch: Epoch, have: LaneCursors },
    /// Keep something, or forget it.
    Store {
        table: Table,
        key: String,
        value: Option<Vec<u8>>,
        done: AnswerSender<()>,
    },
    /// Read a whole table.
    Scan {
        table: Table,
        done: AnswerSender<Vec<(String, Vec<u8>)>>,
    },
    /// Read the keys of a table.
    Keys {
        table: Table,
        done: AnswerSender<Vec<String>>,
    },
    /// Read one value.
    Value {
        table: Table,
        key: String,
        done: AnswerSender<Option<Vec<u8>>>,
    },
    /// How it is.
    Status(oneshot::Sender<KernelStatus>),
    /// Time has passed.
    Tick,
    /// Commit, checkpoint, and end.
    Stop(oneshot::Sender<()>),
}
