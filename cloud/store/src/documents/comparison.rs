//! What the cloud has noted of an edge's documents against what the edge says it holds.
//!
//! Compared by a digest; only where the digests differ, the edge says what it holds, range by range. Each range is
//! compared by itself, so no list ever has to be held whole.

use super::latest::LATEST;
use crate::{db::OrgStore, error::StoreError, tx::Tx, value::SqlParam};
use protocol::{Digest, DocumentId, EdgeId, Timestamp, control, control::HeldDocument};

/// The documents in force whose ids are greater than `after` and not greater than `upto`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldRange {
    /// None: from the first.
    pub after: Option<DocumentId>,
    /// None: to the last.
    pub upto: Option<DocumentId>,
    /// Those of them that the edge holds.
    pub held: Vec<HeldDocument>,
}

impl From<Vec<HeldDocument>> for HeldRange {
    /// All of them.
    fn from(held: Vec<HeldDocument>) -> Self {
        Self {
            held,
            ..Self::default()
        }
    }
}

/// The digest that an edge's hello has where the edge holds what the cloud has noted.
pub async fn held_digest(scope: &OrgStore, edge: EdgeId) -> Result<Digest, StoreError> {
    let sql = "SELECT id, version, hash FROM document WHERE edge = $1 AND state = 'applied' AND withdrawn = 0
               AND version = (SELECT max(version) FROM document d
                              WHERE d.edge = document.edge AND d.id = document.id AND d.state = 'applied')";
    let held = scope.read(move |tx| {
        tx.rows(sql, &[SqlParam::from(&edge)], |row| {
            Ok(HeldDocument {
                document: row.parsed(0, "document id")?,
                version: row.count(1)?,
                hash: row.parsed(2, "digest")?,
            })
        })
    });
    Ok(control::held_digest(held.await?.iter()))
}

/// What was sent over a connection that is gone, and never confirmed, waits to be sent again.
pub async fn resend_unconfirmed(scope: &OrgStore, edge: EdgeId) -> Result<(), StoreError> {
    let sql = format!("UPDATE document SET state = 'published' WHERE edge = $1 AND state = 'delivered' AND {LATEST}");
    scope
        .write(move |tx| tx.execute(&sql, &[SqlParam::from(&edge)]).map(|_| ()))
        .await
}

/// Compares a range with what an edge says it holds of it: what it holds counts as applied, and what is newer, or was
/// withdrawn, waits to be sent (again), unless the edge has refused exactly that version.
pub async fn reconcile(scope: &OrgStore, edge: EdgeId, range: HeldRange, now: Timestamp) -> Result<(), StoreError> {
    let within = "edge = $1 AND ($2 IS NULL OR id > $2) AND ($3 IS NULL OR id <= $3)";
    // A withdrawal that the edge has confirmed is not in any list: what is gone is not held.
    let again = format!(
        "UPDATE document SET state = 'published' WHERE {within} AND {LATEST}
         AND (state = 'delivered' OR (state = 'applied' AND withdrawn = 0))"
    );
    // An older version that was in force is noted as such only where the edge still says so.
    let older =
        format!("UPDATE document SET state = 'delivered' WHERE {within} AND state = 'applied' AND NOT {LATEST}");
    let held_sql = "UPDATE document SET state = 'applied', settled = coalesce(settled, $5), reason = NULL
                    WHERE edge = $1 AND id = $2 AND version = $3 AND hash = $4";
    let revived = format!(
        "UPDATE document SET state = 'published'
         WHERE edge = $1 AND id = $2 AND version > $3 AND withdrawn = 1 AND state = 'applied' AND {LATEST}"
    );
    scope
        .write(move |tx| {
            let values = [
                SqlParam::from(&edge),
                SqlParam::from(range.after.as_ref()),
                SqlParam::from(range.upto.as_ref()),
            ];
            tx.execute(&again, &values)?;
            tx.execute(&older, &values)?;
            overtake(tx, edge, &range.held, now)?;
            let hashes: Vec<String> = range.held.iter().map(|held| held.hash.to_string()).collect();
            tx.execute_each(
                held_sql,
                range.held.iter().zip(&hashes).map(|(held, hash)| {
                    let which = (SqlParam::from(&held.document), SqlParam::from(held.version));
                    [
                        SqlParam::from(&edge),
                        which.0,
                        which.1,
                        SqlParam::from(hash),
                        SqlParam::from(now),
                    ]
                }),
            )?;
            let versions = range.held.iter();
            tx.execute_each(
                &revived,
                versions.map(|held| {
                    [
                        SqlParam::from(&edge),
                        SqlParam::from(&held.document),
                        SqlParam::from(held.version),
                    ]
                }),
            )
        })
        .await
}

/// Publishes the last version anew where the edge holds a later one: this database was restored from a copy, and the edge
/// would take nothing older than what it holds.
fn overtake(tx: &Tx<'_>, edge: EdgeId, held: &[HeldDocument], now: Timestamp) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO document (edge, id, version, published, requires_restart, withdrawn, body, hash, state)
         SELECT edge, id, $3 + 1, $4, requires_restart, withdrawn, body, hash, 'published' FROM document
         WHERE edge = $1 AND id = $2 AND version < $3 AND {LATEST}"
    );
    let ahead = held.iter().map(|held| {
        let which = (SqlParam::from(&held.document), SqlParam::from(held.version));
        [SqlParam::from(&edge), which.0, which.1, SqlParam::from(now)]
    });
    tx.execute_each(&sql, ahead)
}
