//! The way to the kernel: what broker, uplink, screens, vitals and drivers' wiring hold.
//!
//! A port never blocks a runtime thread; waiting for room is the caller's back-pressure.

mod apps;
mod registers;

use crate::{
    CommittedEvent, DevicePresence, DocumentSettlement, EdgeClock, FactEntry, KernelStatus, Refusal, Trust,
    apps::Views,
    input::{AnswerSender, KernelInput},
    kernel::Kernel,
    live::{FactFilter, FactListeners},
    views::ViewProgress,
};
use edge_journal::{JournalError, JournalReader, Table};
use protocol::{
    Actor, CommandId, DeviceId, Document, Epoch, Lane, LaneCursors, Outcome, Seq, document::DocumentFault,
    fact::DeviceIdentity, signed_text::SignedText, text::FirmwareVersion,
};
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

pub use edge_journal::Records;

/// A clonable way to the kernel.
#[derive(Clone)]
pub struct Port {
    pub(crate) inputs: mpsc::Sender<KernelInput<Kernel>>,
    pub(crate) committed: watch::Receiver<LaneCursors>,
    pub(crate) listeners: FactListeners,
    pub(crate) reader: JournalReader,
    pub(crate) clock: Arc<dyn EdgeClock>,
    pub(crate) epoch: Epoch,
    pub(crate) opened: LaneCursors,
    pub(crate) views: Views,
    pub(crate) progress: ViewProgress,
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Port")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// The answer to come: wait on it, or look later.
pub type AnswerReceiver<T> = oneshot::Receiver<Result<T, Refusal>>;

impl Port {
    /// Records facts as `actor`'s and waits until they are on disk.
    pub async fn record(&self, actor: Actor, entries: Vec<FactEntry>) -> Result<(), Refusal> {
        settled(self.record_later(actor, entries).await?).await
    }

    /// Hands facts over; the answer comes once they are on disk. For connections with many publications in flight.
    pub async fn record_later(&self, actor: Actor, entries: Vec<FactEntry>) -> Result<AnswerReceiver<()>, Refusal> {
        self.send(|done| KernelInput::Record { actor, entries, done }).await
    }

    /// Takes a signed command on: checks signature, target, expiry and inbox, and makes it durable before it runs.
    /// `Ok` also for a command that was refused or seen before: its outcome is an event.
    pub async fn command(&self, signed: SignedText) -> Result<CommandId, Refusal> {
        settled(self.send(|done| KernelInput::Command { signed, done }).await?).await
    }

    /// Says how a command ended. Only the first word counts.
    pub async fn settle(&self, command: CommandId, outcome: Outcome) -> Result<(), Refusal> {
        settled(self.send(|done| KernelInput::Settle { command, outcome, done }).await?).await
    }

    /// Takes a signed document on and waits until it is in force and durable, or has failed: see [`DocumentSettlement::error`].
    pub async fn document(&self, signed: SignedText) -> Result<DocumentSettlement, Refusal> {
        settled(self.send(|done| KernelInput::Document { signed, done }).await?).await
    }

    /// Says that a document took effect, or why not. Kept for the next start where it did.
    pub async fn document_settled(&self, document: Document, result: Result<(), DocumentFault>) -> Result<(), Refusal> {
        let document = Box::new(document);
        settled(
            self.send(|done| KernelInput::DocumentSettled { document, result, done })
                .await?,
        )
        .await
    }

    /// Puts a configured device on the roster. `lease_ms`: how long it may be silent, where it has a term of its own.
    pub async fn enlist(&self, found: DeviceIdentity, lease_ms: Option<u64>) -> Result<(), Refusal> {
        settled(self.send(|done| KernelInput::Enlist { found, lease_ms, done }).await?).await
    }

    /// Says how a device is; recorded where that is news. [`DevicePresence::Retired`] takes it off the roster.
    pub async fn presence(
        &self,
        device: DeviceId,
        presence: DevicePresence,
        fw: Option<FirmwareVersion>,
    ) -> Result<(), Refusal> {
        settled(
            self.send(|done| KernelInput::Presence {
                device,
                presence,
                fw,
                done,
            })
            .await?,
        )
        .await
    }

    /// The same without waiting for the disk: what is told after it is recorded after it.
    pub async fn presence_later(
        &self,
        device: DeviceId,
        presence: DevicePresence,
        fw: Option<FirmwareVersion>,
    ) -> Result<AnswerReceiver<()>, Refusal> {
        self.send(|done| KernelInput::Presence {
            device,
            presence,
            fw,
            done,
        })
        .await
    }

    /// Says who this edge is and whose word it takes from now on.
    pub async fn trust(&self, trust: Trust) -> Result<(), Refusal> {
        self.inputs
            .send(KernelInput::Trust(trust))
            .await
            .map_err(|_| Refusal::Stopping)
    }

    /// A device was heard: renews its lease. Lost under overload, which a lease survives.
    pub fn renew_lease(&self, device: DeviceId) {
        let _ = self.inputs.try_send(KernelInput::RenewLease { device });
    }

    /// The cloud has everything up to here.
    pub async fn advance(&self, epoch: Epoch, have: LaneCursors) -> Result<(), Refusal> {
        self.inputs
            .send(KernelInput::Advance { epoch, have })
            .await
            .map_err(|_| Refusal::Stopping)
    }

    /// Keeps `value` under `key`, or forgets it; answers once that is on disk, within about a second.
    pub async fn store(&self, table: Table, key: String, value: Option<Vec<u8>>) -> Result<(), Refusal> {
        settled(
            self.send(|done| KernelInput::Store {
                table,
                key,
                value,
                done,
            })
            .await?,
        )
        .await
    }

    /// One value of a table.
    pub async fn value(&self, table: Table, key: impl Into<String>) -> Result<Option<Vec<u8>>, Refusal> {
        let key = key.into();
        settled(self.send(|done| KernelInput::Value { table, key, done }).await?).await
    }

    /// The keys of a table, in order.
    pub async fn keys(&self, table: Table) -> Result<Vec<String>, Refusal> {
        settled(self.send(|done| KernelInput::Keys { table, done }).await?).await
    }

    /// Everything in a table, by key: for tables of a few small values only.
    pub async fn table(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
        settled(self.send(|done| KernelInput::Scan { table, done }).await?).await
    }

    /// How journal and kernel are.
    pub async fn status(&self) -> Result<KernelStatus, Refusal> {
        let (sender, receiver) = oneshot::channel();
        self.inputs
            .send(KernelInput::Status(sender))
            .await
            .map_err(|_| Refusal::Stopping)?;
        receiver.await.map_err(|_| Refusal::Stopping)
    }

    /// Committed facts that `wants` takes, as they come, each after it is in the views. A slow listener misses some and is
    /// told so; the journal has them all.
    pub fn live(&self, wants: FactFilter) -> broadcast::Receiver<Arc<CommittedEvent>> {
        self.listeners.listen(wants)
    }

    /// How far each lane is committed; wakes with each commit.
    pub fn committed(&self) -> watch::Receiver<LaneCursors> {
        self.committed.clone()
    }

    /// Records of a lane after `after`, up to about `max_bytes`, as they travel. Reads files: call it off the runtime.
    pub fn records(&self, lane: Lane, after: Seq, max_bytes: usize) -> Result<Option<Records>, JournalError> {
        self.reader.after(lane, after, max_bytes)
    }

    /// Which journal this is.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What the journal held when it was opened: what is after it was recorded by this run.
    pub fn opened(&self) -> LaneCursors {
        self.opened
    }

    /// The edge's clock.
    pub fn clock(&self) -> &Arc<dyn EdgeClock> {
        &self.clock
    }

    /// Lets time pass: leases, lingering telemetry, checkpoints. The agent calls it a few times a second.
    pub async fn tick(&self) -> Result<(), Refusal> {
        self.inputs.send(KernelInput::Tick).await.map_err(|_| Refusal::Stopping)
    }

    /// Commits and checkpoints what waits, and ends the kernel.
    pub async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.inputs.send(KernelInput::Stop(sender)).await.is_ok() {
            let _ = receiver.await;
        }
    }

    async fn send<T>(
        &self,
        input: impl FnOnce(AnswerSender<T>) -> KernelInput<Kernel>,
    ) -> Result<AnswerReceiver<T>, Refusal> {
        let (done, answer) = oneshot::channel();
        self.inputs.send(input(done)).await.map_err(|_| Refusal::Stopping)?;
        Ok(answer)
    }
}

async fn settled<T>(answer: AnswerReceiver<T>) -> Result<T, Refusal> {
    answer.await.unwrap_or(Err(Refusal::Stopping))
}
