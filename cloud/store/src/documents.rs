//! Documents: versioned configuration that only the cloud writes, one line of versions per edge and document.
//!
//! A version once published is never changed. When one fails at the edge, the version before it stays in force. No edge
//! has more documents, versions or names than it may: see `quota`.

mod comparison;
mod latest;
mod quota;

pub use crate::document_quota::DocumentQuota;
pub use comparison::{HeldRange, held_digest, reconcile, resend_unconfirmed};

use crate::{
    audit,
    db::OrgStore,
    error::StoreError,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use latest::LATEST;
use protocol::{Digest, Document, DocumentId, EdgeId, Timestamp, document::DocumentFault};
use serde_json::Value;

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE document (
        edge {uuid} NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, published {time} NOT NULL,
        requires_restart BIGINT NOT NULL, withdrawn BIGINT NOT NULL, body {json} NOT NULL, hash TEXT NOT NULL,
        state TEXT NOT NULL, delivered {time}, settled {time}, reason TEXT, PRIMARY KEY (edge, id, version));
    CREATE INDEX document_due ON document (state) WHERE state = 'published';
";

/// The highest version of any document whose name was forgotten, by edge: a name that comes back goes on above it.
pub(crate) const FLOOR_DDL: &str = "
    CREATE TABLE document_floor (edge {uuid} NOT NULL PRIMARY KEY, version BIGINT NOT NULL);
";

const COLUMNS: &str =
    "id, version, edge, published, requires_restart, withdrawn, body, hash, state, delivered, settled, reason";
/// Documents that are taken at once: with the largest bodies, some mebibytes.
pub const CLAIMED: usize = 32;
/// Characters of a reason that are kept.
const MOST_REASON: usize = 500;
/// Where a version is on its way to the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentState {
    /// Waits for the edge.
    Published,
    /// Sent; not confirmed yet.
    Delivered,
    /// In force at the edge.
    Applied,
    /// Refused by the edge; the version before stays in force.
    Failed,
}

impl DocumentState {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            DocumentState::Published => "published",
            DocumentState::Delivered => "delivered",
            DocumentState::Applied => "applied",
            DocumentState::Failed => "failed",
        }
    }
}

impl std::str::FromStr for DocumentState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::Published, Self::Delivered, Self::Applied, Self::Failed];
        all.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// A version and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedDocument {
    /// What was published.
    pub document: Document,
    /// SHA-256 of its body.
    pub hash: Digest,
    /// Where it is.
    pub state: DocumentState,
    /// When it was last sent.
    pub delivered: Option<Timestamp>,
    /// When the edge confirmed or refused it.
    pub settled: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// A version to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDocument {
    /// For which edge.
    pub edge: EdgeId,
    /// Which document.
    pub id: DocumentId,
    /// When.
    pub published: Timestamp,
    /// It takes effect only with a restart of whatever it configures.
    pub requires_restart: bool,
    /// Taken back: what it configured is gone.
    pub withdrawn: bool,
    /// The settings themselves.
    pub body: Value,
}

/// How an edge settled a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentStep {
    /// Which document.
    pub document: DocumentId,
    /// Its version.
    pub version: u64,
    /// SHA-256 of the body that the edge has.
    pub hash: Digest,
    /// Why it failed; none: applied.
    pub error: Option<DocumentFault>,
}

/// Whether a version was published.
#[derive(Debug, Clone, PartialEq)]
pub enum PublishResult {
    /// It was; boxed because it is the rare large one.
    Published(Box<Document>),
    /// The last version is another than the one it was to follow; 0: there is none.
    Stale(u64),
}

/// Publishes the next version, with its audit line.
pub async fn publish(scope: &OrgStore, new: NewDocument, entry: audit::AuditEntry) -> Result<Document, StoreError> {
    let org = scope.org();
    scope
        .write(move |tx| {
            let last = last_version(tx, &new)?;
            publish_next(tx, org, new, last, &entry)
        })
        .await
}

/// Publishes a version that follows `expected` (0: the first one), with its audit line, unless somebody was faster.
pub async fn publish_after(
    scope: &OrgStore,
    expected: u64,
    new: NewDocument,
    entry: audit::AuditEntry,
) -> Result<PublishResult, StoreError> {
    let org = scope.org();
    scope
        .write(move |tx| {
            let last = last_version(tx, &new)?;
            if last != expected {
                return Ok(PublishResult::Stale(last));
            }
            publish_next(tx, org, new, last, &entry).map(|document| PublishResult::Published(Box::new(document)))
        })
        .await
}

fn last_version(tx: &Tx<'_>, new: &NewDocument) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(version), 0) FROM document WHERE edge = $1 AND id = $2";
    let last = tx.first(sql, &[SqlParam::from(&new.edge), SqlParam::from(&new.id)], |row| {
        row.count(0)
    })?;
    Ok(last.unwrap_or(0))
}

fn publish_next(
    tx: &Tx<'_>,
    org: protocol::OrgId,
    new: NewDocument,
    last: u64,
    entry: &audit::AuditEntry,
) -> Result<Document, StoreError> {
    let NewDocument {
        edge,
        id,
        published,
        requires_restart,
        withdrawn,
        body,
    } = new;
    if !withdrawn {
        quota::check(tx, &edge, &id, &body)?;
    }
    let floor = if last == 0 {
        quota::make_room_for_name(tx, &edge)?
    } else {
        0
    };
    let version = last.max(floor).saturating_add(1);
    let document = Document {
        id,
        version,
        org,
        edge,
        published,
        requires_restart,
        withdrawn,
        body,
    };
    insert(tx, &document)?;
    quota::forget_versions(tx, &document)?;
    audit::append(tx, entry)?;
    Ok(document)
}

/// The last version of one document.
pub async fn latest(scope: &OrgStore, edge: EdgeId, id: DocumentId) -> Result<Option<TrackedDocument>, StoreError> {
    let org = scope.org();
    let sql = format!("SELECT {COLUMNS} FROM document WHERE edge = $1 AND id = $2 ORDER BY version DESC LIMIT 1");
    scope
        .read(move |tx| {
            tx.first(&sql, &[SqlParam::from(&edge), SqlParam::from(&id)], |row| {
                read(row, org)
            })
        })
        .await
}

/// The last version of each document of an edge.
pub async fn list(scope: &OrgStore, edge: EdgeId) -> Result<Vec<TrackedDocument>, StoreError> {
    let org = scope.org();
    let sql = format!("SELECT {COLUMNS} FROM document WHERE edge = $1 AND {LATEST} ORDER BY id");
    scope
        .read(move |tx| tx.rows(&sql, &[SqlParam::from(&edge)], |row| read(row, org)))
        .await
}

/// Every version of one document, newest first.
pub async fn versions(scope: &OrgStore, edge: EdgeId, id: DocumentId) -> Result<Vec<TrackedDocument>, StoreError> {
    let org = scope.org();
    let sql = format!("SELECT {COLUMNS} FROM document WHERE edge = $1 AND id = $2 ORDER BY version DESC");
    scope
        .read(move |tx| {
            tx.rows(&sql, &[SqlParam::from(&edge), SqlParam::from(&id)], |row| {
                read(row, org)
            })
        })
        .await
}

/// The edges that documents wait for.
pub async fn due_edges(scope: &OrgStore) -> Result<Vec<EdgeId>, StoreError> {
    let sql = format!("SELECT DISTINCT edge FROM document WHERE state = 'published' AND {LATEST}");
    scope
        .read(move |tx| tx.rows(&sql, &[], |row| row.uuid(0).map(EdgeId::from_uuid)))
        .await
}

/// Takes documents that wait for an edge, [`CLAIMED`] at most, and marks them as delivered. Only last versions are ever
/// sent.
pub async fn claim(scope: &OrgStore, edge: EdgeId, now: Timestamp) -> Result<Vec<Document>, StoreError> {
    let org = scope.org();
    let look = "SELECT 1 FROM document WHERE edge = $1 AND state = 'published' LIMIT 1";
    if scope
        .read(move |tx| tx.first(look, &[SqlParam::from(&edge)], |_| Ok(())))
        .await?
        .is_none()
    {
        return Ok(Vec::new());
    }
    let take = format!(
        "UPDATE document SET state = 'delivered', delivered = $2
         WHERE edge = $1 AND state = 'published' AND {LATEST} AND id IN (
             SELECT id FROM document WHERE edge = $1 AND state = 'published' AND {LATEST}
             ORDER BY published, id LIMIT {CLAIMED}) RETURNING {COLUMNS}"
    );
    scope
        .write(move |tx| {
            let taken = tx.rows(&take, &[SqlParam::from(&edge), SqlParam::from(now)], |row| {
                read(row, org)
            })?;
            let mut documents: Vec<Document> = taken.into_iter().map(|tracked| tracked.document).collect();
            documents.sort_by(|a, b| (a.published, &a.id).cmp(&(b.published, &b.id)));
            Ok(documents)
        })
        .await
}

/// Files how the edge settled a version, as told over the control channel.
pub async fn settle(scope: &OrgStore, edge: EdgeId, told: DocumentStep, now: Timestamp) -> Result<(), StoreError> {
    scope.write(move |tx| step(tx, edge, &told, now)).await
}

/// Files how the edge settled a version. A body with another hash is not the version that was published.
pub(crate) fn step(tx: &Tx<'_>, edge: EdgeId, told: &DocumentStep, now: Timestamp) -> Result<(), StoreError> {
    let state = if told.error.is_none() {
        DocumentState::Applied
    } else {
        DocumentState::Failed
    };
    let sql = "UPDATE document SET state = $5, settled = $6, reason = $7
               WHERE edge = $1 AND id = $2 AND version = $3 AND hash = $4";
    let hash = told.hash.to_string();
    let reason = told
        .error
        .as_ref()
        .map(|fault| fault.to_string().chars().take(MOST_REASON).collect::<String>());
    let which = [
        SqlParam::from(&edge),
        SqlParam::from(&told.document),
        SqlParam::from(told.version),
        SqlParam::from(&hash),
    ];
    let how = [
        SqlParam::from(state.as_str()),
        SqlParam::from(now),
        SqlParam::from(reason.as_ref()),
    ];
    tx.execute(sql, &[&which[..], &how].concat()).map(|_| ())
}

fn insert(tx: &Tx<'_>, document: &Document) -> Result<(), StoreError> {
    let (body, hash) = (document.body.to_string(), document.hash().to_string());
    let sql = "INSERT INTO document (edge, id, version, published, requires_restart, withdrawn, body, hash, state)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let which = [
        SqlParam::from(&document.edge),
        SqlParam::from(&document.id),
        SqlParam::from(document.version),
    ];
    let how = [
        SqlParam::from(document.published),
        SqlParam::from(document.requires_restart),
        SqlParam::from(document.withdrawn),
    ];
    let content = [
        SqlParam::from(&body),
        SqlParam::from(&hash),
        SqlParam::from(DocumentState::Published.as_str()),
    ];
    tx.execute(sql, &[which, how, content].concat()).map(|_| ())
}

fn read(row: &SqlRow<'_>, org: protocol::OrgId) -> Result<TrackedDocument, StoreError> {
    let document = Document {
        id: row.parsed(0, "document id")?,
        version: row.count(1)?,
        org,
        edge: EdgeId::from_uuid(row.uuid(2)?),
        published: row.time(3)?,
        requires_restart: row.flag(4)?,
        withdrawn: row.flag(5)?,
        body: row.json(6)?,
    };
    Ok(TrackedDocument {
        document,
        hash: row.parsed(7, "digest")?,
        state: row.parsed(8, "document state")?,
        delivered: row.time_or_none(9)?,
        settled: row.time_or_none(10)?,
        reason: row.text_or_none(11)?,
    })
}
