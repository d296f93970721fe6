//! Documents: versioned configuration that only the cloud writes, one line of versions per edge and document.
//!
//! A version once published is never changed. When one fails at the edge, the version before it stays in force.

use crate::{
    audit,
    db::Scope,
    error::StoreError,
    tx::Tx,
    value::{Row, V},
};
use protocol::{Digest, Document, DocumentId, EdgeId, Timestamp, control::Held, document::DocumentFault};
use serde_json::Value;

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE document (
        edge {uuid} NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, published {time} NOT NULL,
        requires_restart BIGINT NOT NULL, withdrawn BIGINT NOT NULL, body {json} NOT NULL, hash TEXT NOT NULL,
        state TEXT NOT NULL, delivered {time}, settled {time}, reason TEXT, PRIMARY KEY (edge, id, version));
    CREATE INDEX document_due ON document (state) WHERE state = 'published';
";

const COLUMNS: &str =
    "id, version, edge, published, requires_restart, withdrawn, body, hash, state, delivered, settled, reason";
/// Characters of a reason that are kept.
const MOST_REASON: usize = 500;
/// Keeps the last version of each document.
const LATEST: &str =
    "version = (SELECT max(version) FROM document d WHERE d.edge = document.edge AND d.id = document.id)";

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
pub enum Published {
    /// It was; boxed because it is the rare large one.
    Yes(Box<Document>),
    /// The last version is another than the one it was to follow; 0: there is none.
    Stale(u64),
}

/// Publishes the next version, with its audit line.
pub async fn publish(scope: &Scope, new: NewDocument, entry: audit::Entry) -> Result<Document, StoreError> {
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
    scope: &Scope,
    expected: u64,
    new: NewDocument,
    entry: audit::Entry,
) -> Result<Published, StoreError> {
    let org = scope.org();
    scope
        .write(move |tx| {
            let last = last_version(tx, &new)?;
            if last != expected {
                return Ok(Published::Stale(last));
            }
            publish_next(tx, org, new, last, &entry).map(|document| Published::Yes(Box::new(document)))
        })
        .await
}

fn last_version(tx: &Tx<'_>, new: &NewDocument) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(version), 0) FROM document WHERE edge = $1 AND id = $2";
    let last = tx.first(sql, &[V::from(&new.edge), V::from(&new.id)], |row| row.count(0))?;
    Ok(last.unwrap_or(0))
}

fn publish_next(
    tx: &Tx<'_>,
    org: protocol::OrgId,
    new: NewDocument,
    last: u64,
    entry: &audit::Entry,
) -> Result<Document, StoreError> {
    let NewDocument {
        edge,
        id,
        published,
        requires_restart,
        withdrawn,
        body,
    } = new;
    let version = last.saturating_add(1);
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
    audit::append(tx, entry)?;
    Ok(document)
}

/// The last version of one document.
pub async fn latest(scope: &Scope, edge: EdgeId, id: DocumentId) -> Result<Option<TrackedDocument>, StoreError> {
    let org = scope.org();
    let sql = format!("SELECT {COLUMNS} FROM document WHERE edge = $1 AND id = $2 ORDER BY version DESC LIMIT 1");
    scope
        .read(move |tx| tx.first(&sql, &[V::from(&edge), V::from(&id)], |row| read(row, org)))
        .await
}

/// The last version of each document of an edge.
pub async fn list(scope: &Scope, edge: EdgeId) -> Result<Vec<TrackedDocument>, StoreError> {
    let org = scope.org();
    let sql = format!("SELECT {COLUMNS} FROM document WHERE edge = $1 AND {LATEST} ORDER BY id");
    scope
        .read(move |tx| tx.rows(&sql, &[V::from(&edge)], |row| read(row, org)))
        .await
}

/// Every version of one document, newest first.
pub async fn versions(scope: &Scope, edge: EdgeId, id: DocumentId) -> Result<Vec<TrackedDocument>, StoreError> {
    let org = scope.org();
    let sql = format!("SELECT {COLUMNS} FROM document WHERE edge = $1 AND id = $2 ORDER BY version DESC");
    scope
        .read(move |tx| tx.rows(&sql, &[V::from(&edge), V::from(&id)], |row| read(row, org)))
        .await
}

/// Compares with what an edge says it holds: what it holds counts as applied, and what is newer waits to be sent
/// (again), unless the edge has refused exactly that version.
pub async fn reconcile(scope: &Scope, edge: EdgeId, held: Vec<Held>, now: Timestamp) -> Result<(), StoreError> {
    scope
        .write(move |tx| {
            let again = format!(
                "UPDATE document SET state = 'published' WHERE edge = $1 AND state IN ('delivered', 'applied') AND {LATEST}"
            );
            tx.execute(&again, &[V::from(&edge)])?;
            let sql = "UPDATE document SET state = 'applied', settled = coalesce(settled, $5), reason = NULL
                       WHERE edge = $1 AND id = $2 AND version = $3 AND hash = $4";
            let hashes: Vec<String> = held.iter().map(|held| held.hash.to_string()).collect();
            tx.execute_each(
                sql,
                held.iter().zip(&hashes).map(|(held, hash)| {
                    let which = (V::from(&held.document), V::from(held.version));
                    [V::from(&edge), which.0, which.1, V::from(hash), V::from(now)]
                }),
            )
        })
        .await
}

/// The edges that documents wait for.
pub async fn due_edges(scope: &Scope) -> Result<Vec<EdgeId>, StoreError> {
    let sql = format!("SELECT DISTINCT edge FROM document WHERE state = 'published' AND {LATEST}");
    scope
        .read(move |tx| tx.rows(&sql, &[], |row| row.uuid(0).map(EdgeId::from_uuid)))
        .await
}

/// Takes the documents that wait for an edge and marks them as delivered. Only last versions are ever sent.
pub async fn claim(scope: &Scope, edge: EdgeId, now: Timestamp) -> Result<Vec<Document>, StoreError> {
    let org = scope.org();
    let look = "SELECT 1 FROM document WHERE edge = $1 AND state = 'published' LIMIT 1";
    if scope
        .read(move |tx| tx.first(look, &[V::from(&edge)], |_| Ok(())))
        .await?
        .is_none()
    {
        return Ok(Vec::new());
    }
    let take = format!(
        "UPDATE document SET state = 'delivered', delivered = $2
         WHERE edge = $1 AND state = 'published' AND {LATEST} RETURNING {COLUMNS}"
    );
    scope
        .write(move |tx| {
            let taken = tx.rows(&take, &[V::from(&edge), V::from(now)], |row| read(row, org))?;
            let mut documents: Vec<Document> = taken.into_iter().map(|tracked| tracked.document).collect();
            documents.sort_by(|a, b| (a.published, &a.id).cmp(&(b.published, &b.id)));
            Ok(documents)
        })
        .await
}

/// Files how the edge settled a version, as told over the control channel.
pub async fn settle(scope: &Scope, edge: EdgeId, told: DocumentStep, now: Timestamp) -> Result<(), StoreError> {
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
        V::from(&edge),
        V::from(&told.document),
        V::from(told.version),
        V::from(&hash),
    ];
    let how = [V::from(state.as_str()), V::from(now), V::from(reason.as_ref())];
    tx.execute(sql, &[&which[..], &how].concat()).map(|_| ())
}

fn insert(tx: &Tx<'_>, document: &Document) -> Result<(), StoreError> {
    let (body, hash) = (document.body.to_string(), document.hash().to_string());
    let sql = "INSERT INTO document (edge, id, version, published, requires_restart, withdrawn, body, hash, state)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let which = [
        V::from(&document.edge),
        V::from(&document.id),
        V::from(document.version),
    ];
    let how = [
        V::from(document.published),
        V::from(document.requires_restart),
        V::from(document.withdrawn),
    ];
    let content = [
        V::from(&body),
        V::from(&hash),
        V::from(DocumentState::Published.as_str()),
    ];
    tx.execute(sql, &[which, how, content].concat()).map(|_| ())
}

fn read(row: &Row<'_>, org: protocol::OrgId) -> Result<TrackedDocument, StoreError> {
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
