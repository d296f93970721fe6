//! Documents of an edge: published here under optimistic versions, with their history and where each is.
//!
//! Bodies may hold passwords of devices: who may only look never gets one.

use crate::{AdminError, AdminErrorKind, AdminResult, caller::Tenant, edges, role::Permission};
use cloud_store::{
    StoreError,
    audit::AuditResult,
    documents::{self, NewDocument, PublishResult, TrackedDocument},
    edges::EdgeState,
};
use protocol::{
    Document, DocumentId, EdgeId,
    document::{DocumentKind, DocumentUse},
};
use serde_json::{Map, Value};

/// What a change must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// No version in force.
    Absent,
    /// This version.
    Version(u64),
}

/// What a new version says.
#[derive(Debug)]
pub enum DocumentContent {
    /// These settings.
    Settings {
        /// The settings themselves.
        body: Map<String, Value>,
        /// When they take effect.
        effect: EffectTiming,
    },
    /// That the document is gone.
    Withdrawal,
}

/// When a version takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectTiming {
    /// At once.
    AtOnce,
    /// Only with a restart of whatever it configures.
    AfterRestart,
}

/// A version that was published.
#[derive(Debug)]
pub struct PublishedDocument {
    /// The version.
    pub tracked: TrackedDocument,
    /// What was there before.
    pub before: PriorVersion,
}

/// What a version found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorVersion {
    /// No version in force.
    Nothing,
    /// A version in force.
    Version,
}

/// The last version of each document of an edge. Bodies are for whoever may manage devices: see [`latest`].
pub async fn list(tenant: &Tenant, edge: EdgeId) -> AdminResult<Vec<TrackedDocument>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, edge).await?;
    let all = documents::list(&tenant.scope, edge).await.map_err(failed)?;
    Ok(all.into_iter().map(without_body).collect())
}

/// Every version of a document, newest first, without bodies (M21, A111).
pub async fn versions(tenant: &Tenant, edge: EdgeId, document: DocumentId) -> AdminResult<Vec<TrackedDocument>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, edge).await?;
    let all = documents::versions(&tenant.scope, edge, document)
        .await
        .map_err(failed)?;
    if all.is_empty() {
        return Err(AdminError::not_found("document"));
    }
    Ok(all.into_iter().map(without_body).collect())
}

/// The last version of a document, with its body.
pub async fn latest(tenant: &Tenant, edge: EdgeId, document: DocumentId) -> AdminResult<TrackedDocument> {
    tenant.need(Permission::ManageDevices).await?;
    edges::known(tenant, edge).await?;
    let found = documents::latest(&tenant.scope, edge, document).await.map_err(failed)?;
    found
        .filter(|found| !found.document.withdrawn)
        .ok_or_else(|| AdminError::not_found("document"))
}

/// The last version of a document, where there is one in force.
pub async fn find(tenant: &Tenant, edge: EdgeId, document: DocumentId) -> AdminResult<Option<TrackedDocument>> {
    match latest(tenant, edge, document).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.reason() == AdminErrorKind::NotFound => {
            edges::known(tenant, edge).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Passes whoever may publish documents for an edge that takes them.
pub async fn may_publish(tenant: &Tenant, edge: EdgeId) -> AdminResult<()> {
    tenant.need(Permission::ManageDevices).await?;
    let known = edges::known(tenant, edge).await?;
    if known.state == EdgeState::Revoked {
        return Err(AdminError::new(
            AdminErrorKind::Conflict,
            "The edge is revoked: it takes no documents.",
        ));
    }
    Ok(())
}

/// Publishes a version where the change finds what it expects, and rings the edge.
pub async fn publish(
    tenant: &Tenant,
    edge: EdgeId,
    id: DocumentId,
    expected: ExpectedVersion,
    change: DocumentContent,
) -> AdminResult<PublishedDocument> {
    may_publish(tenant, edge).await?;
    let last = documents::latest(&tenant.scope, edge, id.clone())
        .await
        .map_err(failed)?;
    let in_force = last.as_ref().filter(|last| !last.document.withdrawn);
    let after = match (expected, in_force) {
        (ExpectedVersion::Version(version), Some(_)) => version,
        (ExpectedVersion::Version(_), None) => return Err(AdminError::not_found("document")),
        (ExpectedVersion::Absent, None) => last.as_ref().map_or(0, |last| last.document.version),
        (ExpectedVersion::Absent, Some(last)) => return Err(stale(last.document.version)),
    };
    change.check(&id)?;
    let before = in_force.map_or(PriorVersion::Nothing, |_| PriorVersion::Version);
    let new = change.document(edge, id, tenant.admin().clock.now());
    let action = if new.withdrawn {
        "document.withdraw"
    } else {
        "document.publish"
    };
    let target = format!("{edge} {}", new.id);
    let entry = tenant
        .caller
        .entry(action, &target, AuditResult::Done, format!("after version {after}"));
    let published = documents::publish_after(&tenant.scope, after, new, entry).await;
    match published.map_err(failed)? {
        PublishResult::Stale(version) => Err(stale(version)),
        PublishResult::Published(document) => {
            tenant.admin().links.wake(edge);
            Ok(PublishedDocument {
                tracked: just_published(*document),
                before,
            })
        }
    }
}

impl DocumentContent {
    /// Whether the box will take it: nothing is sent that no part of it reads, or whose body is not what its kind says.
    fn check(&self, id: &DocumentId) -> AdminResult<()> {
        let DocumentContent::Settings { body, .. } = self else {
            return Ok(());
        };
        let Some(kind) = DocumentKind::of(id) else {
            return Err(AdminError::new(AdminErrorKind::Invalid, unknown_kind()));
        };
        match kind.usage() {
            DocumentUse::Current => {}
            DocumentUse::ReplacedBy(register) => {
                let detail = format!(
                    "Documents {} are published no more: {register} are rows of their own now.",
                    kind.pattern()
                );
                return Err(AdminError::new(AdminErrorKind::Invalid, detail));
            }
        }
        let checked = kind.check(&Value::Object(body.clone()));
        checked.map_err(|error| AdminError::new(AdminErrorKind::Invalid, without_values(&error.to_string())))
    }

    fn document(self, edge: EdgeId, id: DocumentId, published: protocol::Timestamp) -> NewDocument {
        let (body, effect, withdrawn) = match self {
            DocumentContent::Settings { body, effect } => (Value::Object(body), effect, false),
            DocumentContent::Withdrawal => (Value::Object(Map::new()), EffectTiming::AtOnce, true),
        };
        NewDocument {
            edge,
            id,
            published,
            requires_restart: effect == EffectTiming::AfterRestart,
            withdrawn,
            body,
        }
    }
}

fn unknown_kind() -> String {
    let current = DocumentKind::ALL
        .iter()
        .filter(|kind| kind.usage() == DocumentUse::Current);
    let known: Vec<&str> = current.map(|kind| kind.pattern()).collect();
    format!("No edge reads documents of that kind. There are: {}.", known.join(", "))
}

/// Serde quotes what it refuses: everything between quotation marks goes, and the name of a field nobody knows.
pub fn without_values(text: &str) -> String {
    let mut shown = String::new();
    for (index, part) in text.split('"').enumerate() {
        shown.push_str(if index % 2 == 0 { part } else { "…" });
    }
    let unknown = shown
        .split_once("unknown field `")
        .and_then(|(head, tail)| Some((head, tail.split_once('`')?.1)));
    let shown = unknown.map_or(shown.clone(), |(head, tail)| format!("{head}unknown field{tail}"));
    shown.chars().take(300).collect()
}

fn without_body(mut tracked: TrackedDocument) -> TrackedDocument {
    tracked.document.body = Value::Null;
    tracked
}

fn stale(version: u64) -> AdminError {
    AdminError::new(
        AdminErrorKind::Stale,
        format!("The document is at version {version} now. Read it again, then change it."),
    )
}

fn just_published(document: Document) -> TrackedDocument {
    let hash = document.hash();
    let state = documents::DocumentState::Published;
    TrackedDocument {
        document,
        hash,
        state,
        delivered: None,
        settled: None,
        reason: None,
    }
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after documents", error)
}
