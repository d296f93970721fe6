//! How much an organisation has stored, and how much it may: nobody fills the disk of the others.
//!
//! Only what edges bring is refused beyond that. People can still look, command and delete.

use crate::{db::OrgStore, error::StoreError, tx::Tx};

/// How much an organisation has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgUsage {
    /// Bytes of its file that are in use.
    pub used: u64,
    /// Bytes that it may use.
    pub quota: u64,
}

impl OrgUsage {
    /// In percent; more than 100 where the quota was made smaller.
    pub fn percent(self) -> u64 {
        self.used.saturating_mul(100).checked_div(self.quota).unwrap_or(100)
    }
}

/// How much an organisation has stored, and may store.
pub async fn of(scope: &OrgStore) -> Result<OrgUsage, StoreError> {
    let quota = scope.quota();
    let used = scope.read(used).await?;
    Ok(OrgUsage { used, quota })
}

/// Refuses to store more where the quota is used up.
pub(crate) fn check(tx: &Tx<'_>, quota: u64) -> Result<(), StoreError> {
    if used(tx)? < quota {
        Ok(())
    } else {
        Err(StoreError::OrgFull)
    }
}

/// What was deleted leaves free pages behind, which are used again: they do not count.
fn used(tx: &Tx<'_>) -> Result<u64, StoreError> {
    let sql = "SELECT ((SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count))
               * (SELECT page_size FROM pragma_page_size)";
    Ok(tx.first(sql, &[], |row| row.count(0))?.unwrap_or(0))
}
