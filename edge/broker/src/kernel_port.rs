//! The few things the broker asks of the kernel, so that a test can script the answers.

use edge_kernel::{FactEntry, Port, Refusal, Table};
use protocol::{Actor, CommandId, DeviceId, Outcome, Timestamp};
use std::pin::Pin;
use tokio::sync::oneshot;

/// Something that is under way.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// The kernel's answer, to come.
pub(crate) type KernelAnswer = oneshot::Receiver<Result<(), Refusal>>;

/// The rows of a table, by key.
pub(crate) type TableRows = Vec<(String, Vec<u8>)>;

/// What the broker needs of the kernel; see [`Port`] for what each means.
pub(crate) trait KernelPort: Send + Sync {
    fn record_later(&self, actor: Actor, entries: Vec<FactEntry>) -> BoxFuture<'_, Result<KernelAnswer, Refusal>>;
    fn settle(&self, command: CommandId, outcome: Outcome) -> BoxFuture<'static, Result<(), Refusal>>;
    fn renew_lease(&self, device: DeviceId);
    fn store(&self, table: Table, key: String, value: Option<Vec<u8>>) -> BoxFuture<'static, Result<(), Refusal>>;
    fn table(&self, table: Table) -> BoxFuture<'static, Result<TableRows, Refusal>>;
    fn now(&self) -> Timestamp;
}

impl KernelPort for Port {
    fn record_later(&self, actor: Actor, entries: Vec<FactEntry>) -> BoxFuture<'_, Result<KernelAnswer, Refusal>> {
        Box::pin(Port::record_later(self, actor, entries))
    }
    fn settle(&self, command: CommandId, outcome: Outcome) -> BoxFuture<'static, Result<(), Refusal>> {
        let port = self.clone();
        Box::pin(async move { port.settle(command, outcome).await })
    }
    fn renew_lease(&self, device: DeviceId) {
        Port::renew_lease(self, device);
    }
    fn store(&self, table: Table, key: String, value: Option<Vec<u8>>) -> BoxFuture<'static, Result<(), Refusal>> {
        let port = self.clone();
        Box::pin(async move { port.store(table, key, value).await })
    }
    fn table(&self, table: Table) -> BoxFuture<'static, Result<TableRows, Refusal>> {
        let port = self.clone();
        Box::pin(async move { port.table(table).await })
    }
    fn now(&self) -> Timestamp {
        self.clock().now()
    }
}
