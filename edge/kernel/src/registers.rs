//! Registers: rows are believed, kept beside the journal's state, and handed to the app that reads them.
//!
//! The rows of a delta and how far the register is with them are one commit. Nobody is told a version that is not on
//! disk, and an app has no rows of a register that was never there as a whole.

use crate::{
    Refusal, RegisterSettlement,
    apps::{AppVisitor, KernelApp, each},
    kernel::Kernel,
};
use edge_app::{RegisterRows, RowsExtent};
use edge_journal::{JournalError, Table};
use protocol::{
    RegisterId,
    document::{DocumentFault, DocumentReason},
    register::{
        DeltaRejection, HeldRegister, RegisterDelta, RegisterKind, RegisterReplica, ReplicaUpdate, RowKey, StoredRow,
    },
    signed_text::{Purpose, SignedText},
};

/// Between a register's name and a row's key.
const SEPARATOR: char = '\0';

impl Kernel {
    /// Takes the rows of a delta on; answers what is held afterwards, which is on disk by then.
    pub(crate) fn register(&mut self, signed: &SignedText) -> Result<RegisterSettlement, Refusal> {
        let delta = self.verify_delta(signed)?;
        let Some(kind) = RegisterKind::of(&delta.register) else {
            return Ok(settlement(
                RegisterReplica::default().held(delta.register),
                Some(DocumentFault::unsupported()),
            ));
        };
        delta.check().map_err(|error| Refusal::Untrusted(error.to_string()))?;
        let before = self.registers.get(&kind).cloned().unwrap_or_default();
        let taken = before
            .take(&delta, |key| self.stored_row(kind, key), || self.stored_rows(kind))
            .map_err(|error| storage(&error))?;
        match taken {
            Ok(taken) => {
                self.keep(kind, &before, taken)?;
                Ok(settlement(self.held(kind), None))
            }
            Err(DeltaRejection::WrongBase { .. }) => Ok(settlement(before.held(kind.id()), None)),
            Err(older @ DeltaRejection::Stale) => {
                let fault = DocumentFault::new(DocumentReason::Untrusted, older.to_string());
                Ok(settlement(before.held(kind.id()), Some(fault)))
            }
        }
    }

    /// What is held of every register that was ever begun.
    pub(crate) fn held_registers(&self) -> Vec<HeldRegister> {
        self.registers.keys().map(|kind| self.held(*kind)).collect()
    }

    fn held(&self, kind: RegisterKind) -> HeldRegister {
        self.registers.get(&kind).cloned().unwrap_or_default().held(kind.id())
    }

    /// One commit; then the app has the rows. Where the disk does not take them all is as before.
    fn keep(&mut self, kind: RegisterKind, before: &RegisterReplica, taken: ReplicaUpdate) -> Result<(), Refusal> {
        let ReplicaUpdate { holding, put, removed } = taken;
        let mut undo = vec![(kind.as_str().to_owned(), self.raw(kind.as_str())?)];
        for key in put.iter().map(|(key, _)| key).chain(&removed) {
            let key = row_key(kind, key);
            let value = self.raw(&key)?;
            undo.push((key, value));
        }
        for (key, row) in &put {
            self.journal.put(Table::Registers, &row_key(kind, key), encoded(row)?);
        }
        for key in &removed {
            self.journal.remove(Table::Registers, &row_key(kind, key));
        }
        self.journal.put(Table::Registers, kind.as_str(), encoded(&holding)?);
        if let Err(error) = self.journal.checkpoint(&[]) {
            for (key, value) in undo {
                match value {
                    Some(value) => self.journal.put(Table::Registers, &key, value),
                    None => self.journal.remove(Table::Registers, &key),
                }
            }
            return Err(storage(&error));
        }
        let is_in_force = holding.in_force_since().is_some();
        self.registers.insert(kind, holding);
        if before.in_force_since().is_some() {
            let put = put.into_iter().map(|(key, row)| (key, Some(row.body)));
            let removed = removed.into_iter().map(|key| (key, None));
            self.hand_rows(kind, put.chain(removed).collect(), RowsExtent::Changes);
        } else if is_in_force {
            let rows = self.stored_rows(kind).map_err(|error| storage(&error))?;
            self.hand_all(kind, rows);
        }
        Ok(())
    }

    /// Reads every register that is on disk: at the start. What is damaged is left out, which shows in the hash.
    pub(crate) fn load_registers(&mut self) -> Result<(), JournalError> {
        let (values, damaged) = self.journal.scan_intact(Table::Registers)?;
        for key in &damaged {
            tracing::error!(register = key.split(SEPARATOR).next(), "a row is damaged and left out");
            self.journal.remove(Table::Registers, key);
        }
        for kind in RegisterKind::ALL.iter().copied() {
            let kept = values.iter().find(|(key, _)| key == kind.as_str());
            let kept = kept.and_then(|(_, bytes)| serde_json::from_slice::<RegisterReplica>(bytes).ok());
            let rows: Vec<(RowKey, StoredRow)> = values
                .iter()
                .filter_map(|(key, bytes)| read(kind, key, bytes))
                .collect();
            let Some(holding) = kept else {
                // How far it was is lost, and so is what its rows are worth.
                for (key, _) in rows {
                    self.journal.remove(Table::Registers, &row_key(kind, &key));
                }
                continue;
            };
            let holding = holding.counted(rows.iter().map(|(key, row)| (key, row)));
            let is_in_force = holding.in_force_since().is_some();
            self.registers.insert(kind, holding);
            if is_in_force {
                self.hand_all(kind, rows);
            }
        }
        Ok(())
    }

    fn hand_all(&mut self, kind: RegisterKind, rows: Vec<(RowKey, StoredRow)>) {
        let rows = rows.into_iter().map(|(key, row)| (key, Some(row.body)));
        self.hand_rows(kind, rows.collect(), RowsExtent::Everything);
    }

    /// Hands rows to the app that reads them.
    fn hand_rows(&mut self, register: RegisterKind, rows: Vec<(RowKey, Option<String>)>, extent: RowsExtent) {
        struct RegisterRowsVisitor<'a>(&'a mut Kernel, RegisterRows);
        impl AppVisitor for RegisterRowsVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                if let Some(change) = A::rows(&self.1) {
                    self.0.configure::<A>(change);
                }
            }
        }
        let rows = RegisterRows { register, rows, extent };
        each(&mut RegisterRowsVisitor(self, rows));
    }

    fn verify_delta(&self, signed: &SignedText) -> Result<RegisterDelta, Refusal> {
        let not_enrolled = || Refusal::Untrusted("this edge is not enrolled".into());
        let me = self.trust.me.ok_or_else(not_enrolled)?;
        let delta: RegisterDelta = signed
            .open(Purpose::Register, &self.trust.keys)
            .map_err(|error| Refusal::Untrusted(error.to_string()))?;
        if delta.edge == me.edge && delta.org == me.org {
            Ok(delta)
        } else {
            let register: &RegisterId = &delta.register;
            Err(Refusal::Untrusted(format!(
                "rows of {} are for another edge",
                register.as_str()
            )))
        }
    }

    fn raw(&self, key: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.journal.get(Table::Registers, key).map_err(|error| storage(&error))
    }

    /// A row that cannot be read any more counts as not there: the hash tells.
    fn stored_row(&self, kind: RegisterKind, key: &RowKey) -> Result<Option<StoredRow>, JournalError> {
        let key = row_key(kind, key);
        let bytes = self.journal.get(Table::Registers, &key)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    fn stored_rows(&self, kind: RegisterKind) -> Result<Vec<(RowKey, StoredRow)>, JournalError> {
        let (values, _) = self.journal.scan_intact(Table::Registers)?;
        Ok(values
            .iter()
            .filter_map(|(key, bytes)| read(kind, key, bytes))
            .collect())
    }
}

fn row_key(kind: RegisterKind, key: &RowKey) -> String {
    format!("{}{SEPARATOR}{key}", kind.as_str())
}

/// A row of this register.
fn read(kind: RegisterKind, key: &str, bytes: &[u8]) -> Option<(RowKey, StoredRow)> {
    let (register, key) = key.split_once(SEPARATOR)?;
    let key = (register == kind.as_str()).then(|| key.parse().ok())??;
    Some((key, serde_json::from_slice(bytes).ok()?))
}

fn encoded(value: &impl serde::Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|error| Refusal::Storage(error.to_string()))
}

fn storage(error: &JournalError) -> Refusal {
    Refusal::Storage(error.to_string())
}

fn settlement(held: HeldRegister, error: Option<DocumentFault>) -> RegisterSettlement {
    RegisterSettlement { held, error }
}
