//! Documents: how many an edge may have, what is forgotten, and how two lists are compared.

use super::{NOW, edge, entry, open, org, run};
use crate::{
    OrgStore, StoreError,
    documents::{self, DocumentQuota, DocumentState, DocumentStep, HeldRange, NewDocument},
};
use protocol::{
    Document,
    control::{HeldDocument, held_digest},
    document::{MAX_BODY, MAX_DOCUMENTS, MAX_NAMES},
};
use serde_json::json;

fn new(number: usize, withdrawn: bool) -> NewDocument {
    let body = if withdrawn { json!({}) } else { json!({ "n": number }) };
    NewDocument {
        edge: edge(1),
        id: format!("device/gate-{number}").parse().expect("an id"),
        published: NOW,
        requires_restart: false,
        withdrawn,
        body,
    }
}

async fn publish(scope: &OrgStore, new: NewDocument) -> Result<Document, StoreError> {
    documents::publish(scope, new, entry("document.publish")).await
}

/// Publishes many, side by side.
async fn publish_all(scope: &OrgStore, all: impl Iterator<Item = NewDocument>) -> Vec<Document> {
    let mut under_way = Vec::new();
    for new in all {
        let scope = scope.clone();
        under_way.push(tokio::spawn(
            async move { publish(&scope, new).await.expect("published") },
        ));
    }
    let mut published = Vec::new();
    for publishing in under_way {
        published.push(publishing.await.expect("no panic"));
    }
    published
}

fn held(document: &Document) -> HeldDocument {
    HeldDocument {
        document: document.id.clone(),
        version: document.version,
        hash: document.hash(),
    }
}

async fn settle(scope: &OrgStore, document: &Document) {
    let step = DocumentStep {
        document: document.id.clone(),
        version: document.version,
        hash: document.hash(),
        error: None,
    };
    documents::settle(scope, edge(1), step, NOW).await.expect("filed");
}

fn refused(result: &Result<Document, StoreError>) -> Option<DocumentQuota> {
    match result {
        Err(StoreError::DocumentQuota(quota)) => Some(*quota),
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn an_edge_has_so_many_documents_and_no_more() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let all = publish_all(&scope, (0..MAX_DOCUMENTS).map(|number| new(number, false))).await;
        let further = || new(MAX_DOCUMENTS, false);
        assert_eq!(
            refused(&publish(&scope, further()).await),
            Some(DocumentQuota::Documents)
        );
        publish(&scope, new(0, false))
            .await
            .expect("another version of one is no further one");
        publish(&scope, new(0, true)).await.expect("withdrawn");
        publish(&scope, further()).await.expect("there is room again");
        let long = NewDocument {
            body: json!({ "text": "x".repeat(MAX_BODY) }),
            ..new(1, false)
        };
        assert_eq!(refused(&publish(&scope, long).await), Some(DocumentQuota::Body));
        let claimed = documents::claim(&scope, edge(1), NOW).await.expect("due");
        assert_eq!((claimed.len(), all.len()), (documents::CLAIMED, MAX_DOCUMENTS));
    });
}

#[test]
fn the_bodies_of_an_edge_have_a_bound_together() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let large = |number| NewDocument {
            body: json!({ "text": "x".repeat(MAX_BODY - 100) }),
            ..new(number, false)
        };
        publish_all(&scope, (0..64).map(large)).await;
        assert_eq!(refused(&publish(&scope, large(64)).await), Some(DocumentQuota::Bytes));
        publish(&scope, large(63))
            .await
            .expect("it takes the place of its own last version");
    });
}

#[test]
fn a_name_is_forgotten_once_its_withdrawal_is_confirmed_and_never_goes_back() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let gone = publish_all(&scope, (0..MAX_NAMES).map(|number| new(number, true))).await;
        assert_eq!(
            refused(&publish(&scope, new(MAX_NAMES, false)).await),
            Some(DocumentQuota::Names),
            "the edge has confirmed nothing yet"
        );
        publish(&scope, new(0, false)).await.expect("published");
        let last = publish(&scope, new(0, true)).await.expect("withdrawn");
        settle(&scope, &last).await;
        settle(&scope, &gone[1]).await;
        let further = publish(&scope, new(MAX_NAMES, false)).await.expect("a name made room");
        assert!(further.version > 1, "above what was forgotten: {}", further.version);
        let listed = documents::list(&scope, edge(1)).await.expect("documents");
        assert_eq!(listed.len(), MAX_NAMES);
    });
}

#[test]
fn old_versions_are_forgotten_and_what_is_in_force_is_not() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let first = publish(&scope, new(1, false)).await.expect("published");
        let versions = || documents::versions(&scope, edge(1), first.id.clone());
        for _ in 0..60 {
            publish(&scope, new(1, false)).await.expect("published");
        }
        assert_eq!(versions().await.expect("versions").len(), 61, "none was ever in force");
        let last = publish(&scope, new(1, false)).await.expect("published");
        settle(&scope, &last).await;
        publish(&scope, new(1, false)).await.expect("published");
        let kept = versions().await.expect("versions");
        assert_eq!(kept.len(), 50);
        assert!(kept.iter().any(|kept| kept.state == DocumentState::Applied));
    });
}

#[test]
fn lists_are_compared_range_by_range_and_only_where_the_digests_differ() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let all = publish_all(&scope, (1..=3).map(|number| new(number, false))).await;
        for document in &all {
            settle(&scope, document).await;
        }
        let digest = || documents::held_digest(&scope, edge(1));
        let held: Vec<HeldDocument> = all.iter().map(held).collect();
        let mut turned = held.clone();
        turned.reverse();
        assert_eq!(digest().await.expect("a digest"), held_digest(turned.iter()));
        // The edge lost the third: only its range says so, the others are left alone.
        let range = HeldRange {
            after: Some(held[1].document.clone()),
            upto: None,
            held: Vec::new(),
        };
        documents::reconcile(&scope, edge(1), range, NOW)
            .await
            .expect("compared");
        let due = documents::claim(&scope, edge(1), NOW).await.expect("due");
        assert_eq!(due, [all[2].clone()]);
        assert_eq!(digest().await.expect("a digest"), held_digest(held[..2].iter()));
        // The connection broke: what was sent and not confirmed is sent again.
        documents::resend_unconfirmed(&scope, edge(1)).await.expect("noted");
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due").len(), 1);
        settle(&scope, &all[2]).await;
        // Withdrawn and confirmed: in no list, and not sent again; unless the edge came back with it.
        let gone = publish(&scope, new(3, true)).await.expect("withdrawn");
        documents::claim(&scope, edge(1), NOW).await.expect("due");
        settle(&scope, &gone).await;
        assert_eq!(digest().await.expect("a digest"), held_digest(held[..2].iter()));
        documents::reconcile(&scope, edge(1), held[..2].to_vec().into(), NOW)
            .await
            .expect("compared");
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due"), []);
        documents::reconcile(&scope, edge(1), held.into(), NOW)
            .await
            .expect("compared");
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due"), [gone]);
    });
}
