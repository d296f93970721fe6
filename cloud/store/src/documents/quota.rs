//! How many documents, versions and names an edge may have, and what is forgotten for that.
//!
//! A version that is in force, or newer than that, is never forgotten. A name is forgotten only once its edge has
//! confirmed that it is withdrawn, and a name that comes back goes on above every version that was forgotten.

use super::latest::LATEST;
use crate::{document_quota::DocumentQuota, error::StoreError, tx::Tx, value::SqlParam};
use protocol::{
    Document, DocumentId, EdgeId,
    document::{MAX_BODIES, MAX_BODY, MAX_DOCUMENTS, MAX_NAMES},
};
use serde_json::Value;

/// Versions of a document that are kept, the newest.
const KEPT_VERSIONS: u64 = 50;

/// Refuses a body that an edge has no room for.
pub(super) fn check(tx: &Tx<'_>, edge: &EdgeId, id: &DocumentId, body: &Value) -> Result<(), StoreError> {
    let len = body.to_string().len();
    if len > MAX_BODY {
        return Err(StoreError::DocumentQuota(DocumentQuota::Body));
    }
    let sql = format!(
        "SELECT count(*), coalesce(sum(length(body)), 0) FROM document
         WHERE edge = $1 AND id <> $2 AND withdrawn = 0 AND {LATEST}"
    );
    let others = tx.first(&sql, &[SqlParam::from(edge), SqlParam::from(id)], |row| {
        Ok((row.count(0)?, row.count(1)?))
    })?;
    let (documents, bytes) = others.unwrap_or_default();
    if documents >= MAX_DOCUMENTS as u64 {
        Err(StoreError::DocumentQuota(DocumentQuota::Documents))
    } else if bytes.saturating_add(len as u64) > MAX_BODIES as u64 {
        Err(StoreError::DocumentQuota(DocumentQuota::Bytes))
    } else {
        Ok(())
    }
}

/// Makes room for one more name: the oldest that is withdrawn for good is forgotten. Gives the version above which a new
/// name begins.
pub(super) fn make_room_for_name(tx: &Tx<'_>, edge: &EdgeId) -> Result<u64, StoreError> {
    let own = [SqlParam::from(edge)];
    let names = tx.first("SELECT count(DISTINCT id) FROM document WHERE edge = $1", &own, |row| {
        row.count(0)
    })?;
    if names.unwrap_or(0) >= MAX_NAMES as u64 {
        let sql = format!(
            "SELECT id, version FROM document WHERE edge = $1 AND withdrawn = 1 AND state = 'applied' AND {LATEST}
             ORDER BY published, id LIMIT 1"
        );
        let oldest = tx.first(&sql, &own, |row| Ok((row.text(0)?, row.count(1)?)))?;
        let (id, version) = oldest.ok_or(StoreError::DocumentQuota(DocumentQuota::Names))?;
        let sql = "DELETE FROM document WHERE edge = $1 AND id = $2";
        tx.execute(sql, &[SqlParam::from(edge), SqlParam::from(&id)])?;
        let sql = "INSERT INTO document_floor (edge, version) VALUES ($1, $2)
                   ON CONFLICT (edge) DO UPDATE SET version = max(document_floor.version, excluded.version)";
        tx.execute(sql, &[SqlParam::from(edge), SqlParam::from(version)])?;
    }
    let floor = tx.first("SELECT version FROM document_floor WHERE edge = $1", &own, |row| {
        row.count(0)
    })?;
    Ok(floor.unwrap_or(0))
}

/// Forgets the oldest versions of a document that has many.
pub(super) fn forget_versions(tx: &Tx<'_>, newest: &Document) -> Result<(), StoreError> {
    let sql = "DELETE FROM document WHERE edge = $1 AND id = $2 AND version <= $3
               AND version < (SELECT max(version) FROM document d
                              WHERE d.edge = document.edge AND d.id = document.id AND d.state = 'applied')";
    let values = [
        SqlParam::from(&newest.edge),
        SqlParam::from(&newest.id),
        SqlParam::from(newest.version.saturating_sub(KEPT_VERSIONS)),
    ];
    tx.execute(sql, &values).map(|_| ())
}
