//! A kernel that does what the script says: commits, holds back, or refuses.

use crate::kernel_port::{BoxFuture, KernelAnswer, KernelPort, TableRows};
use edge_kernel::{FactEntry, Refusal, Table};
use protocol::{Actor, CommandId, DeviceId, Fact, Outcome, Timestamp};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};
use tokio::sync::oneshot;

/// What time it always is.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_000_000);

#[derive(Default)]
pub(super) struct FakeKernel(Mutex<FakeKernelState>);

type HeldRecord = (Vec<FactEntry>, oneshot::Sender<Result<(), Refusal>>);

#[derive(Default)]
struct FakeKernelState {
    facts: Vec<Fact>,
    settled: Vec<(CommandId, Outcome)>,
    heard: usize,
    retained: BTreeMap<String, Vec<u8>>,
    sessions: BTreeMap<String, Vec<u8>>,
    refusing: Option<Refusal>,
    holding: bool,
    shelves_stuck: bool,
    held: Vec<HeldRecord>,
}

impl FakeKernel {
    fn lock(&self) -> MutexGuard<'_, FakeKernelState> {
        self.0.lock().expect("lock")
    }

    /// Numbers in the custom facts committed so far, in order.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let number = |fact: &Fact| {
            if let Fact::DeviceCustom(custom) = fact {
                custom.body.read().ok()
            } else {
                None
            }
        };
        self.lock().facts.iter().filter_map(number).collect()
    }

    /// Names of all facts committed so far; audits by their action.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |fact: &Fact| {
            if let Fact::Audited(audit) = fact {
                audit.action.to_string()
            } else {
                fact.name().to_owned()
            }
        };
        self.lock().facts.iter().map(name).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names().iter().any(|known| known == name)
    }

    pub(super) fn settled(&self) -> Vec<(CommandId, Outcome)> {
        self.lock().settled.clone()
    }

    pub(super) fn heard(&self) -> usize {
        self.lock().heard
    }

    pub(super) fn refuse(&self, refusal: Option<Refusal>) {
        self.lock().refusing = refusal;
    }

    /// From now on nothing is committed until [`FakeKernel::release`].
    pub(super) fn hold(&self) {
        self.lock().holding = true;
    }

    /// From now on nothing that is put on a table ever gets there.
    pub(super) fn stick_shelves(&self) {
        self.lock().shelves_stuck = true;
    }

    pub(super) fn held(&self) -> usize {
        self.lock().held.iter().map(|(entries, _)| entries.len()).sum()
    }

    pub(super) fn release(&self) {
        let mut inner = self.lock();
        inner.holding = false;
        for (entries, done) in std::mem::take(&mut inner.held) {
            inner.facts.extend(entries.into_iter().map(|entry| entry.fact));
            let _ = done.send(Ok(()));
        }
    }

    /// Refuses what was held back, and holds nothing back from now on.
    pub(super) fn refuse_held(&self, refusal: &Refusal) {
        let mut inner = self.lock();
        inner.holding = false;
        for (_, done) in std::mem::take(&mut inner.held) {
            let _ = done.send(Err(refusal.clone()));
        }
    }

    pub(super) fn retained(&self) -> Vec<String> {
        self.lock().retained.keys().cloned().collect()
    }
}

impl KernelPort for FakeKernel {
    fn record_later(&self, _actor: Actor, entries: Vec<FactEntry>) -> BoxFuture<'_, Result<KernelAnswer, Refusal>> {
        let (done, answer) = oneshot::channel();
        let mut inner = self.lock();
        if inner.holding {
            inner.held.push((entries, done));
        } else if let Some(refusal) = inner.refusing.clone() {
            let _ = done.send(Err(refusal));
        } else {
            inner.facts.extend(entries.into_iter().map(|entry| entry.fact));
            let _ = done.send(Ok(()));
        }
        Box::pin(std::future::ready(Ok(answer)))
    }
    fn settle(&self, command: CommandId, outcome: Outcome) -> BoxFuture<'static, Result<(), Refusal>> {
        self.lock().settled.push((command, outcome));
        Box::pin(std::future::ready(Ok(())))
    }
    fn renew_lease(&self, _device: DeviceId) {
        self.lock().heard += 1;
    }
    fn store(&self, table: Table, key: String, value: Option<Vec<u8>>) -> BoxFuture<'static, Result<(), Refusal>> {
        let mut inner = self.lock();
        if inner.shelves_stuck {
            return Box::pin(std::future::pending());
        }
        let things = if table == Table::Retained {
            &mut inner.retained
        } else {
            &mut inner.sessions
        };
        match value {
            Some(value) => drop(things.insert(key, value)),
            None => drop(things.remove(&key)),
        }
        Box::pin(std::future::ready(Ok(())))
    }
    fn table(&self, table: Table) -> BoxFuture<'static, Result<TableRows, Refusal>> {
        let inner = self.lock();
        let things = if table == Table::Retained {
            &inner.retained
        } else {
            &inner.sessions
        };
        let things = things.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        Box::pin(std::future::ready(Ok(things)))
    }
    fn now(&self) -> Timestamp {
        NOW
    }
}
