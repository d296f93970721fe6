//! Documents: the newest that works is in force, and still is after a restart.

use super::rig::{Rig, document, seal};
use crate::{DocumentSettlement, Effect, Refusal, Table};
use protocol::{
    Document,
    document::{DocumentFault, DocumentReason, MAX_BODY},
    signed_text::SignedText,
};
use serde_json::json;

async fn apply(
    rig: &mut Rig,
    document: &Document,
    result: Result<(), DocumentFault>,
) -> Result<DocumentSettlement, Refusal> {
    let port = rig.port.clone();
    let waiting = tokio::spawn({
        let signed = seal(document);
        async move { port.document(signed).await }
    });
    let Some(Effect::Apply(handed)) = rig.effects.recv().await else {
        panic!("it is handed to the agent")
    };
    assert_eq!(*handed, *document);
    rig.port.document_settled(*handed, result).await.expect("recorded");
    waiting.await.expect("no panic")
}

#[tokio::test]
async fn a_document_that_fails_leaves_the_one_before_it_in_force() {
    let mut rig = Rig::new(1);
    let good = document(1, json!({ "kind": "gate" }));
    let bad = document(2, json!({ "kind": 7 }));
    let settled = apply(&mut rig, &good, Ok(())).await.expect("believed");
    assert_eq!((settled.version, settled.error), (1, None));
    let settled = apply(
        &mut rig,
        &bad,
        Err(DocumentFault::new(DocumentReason::Failed, "kind is no text")),
    )
    .await
    .expect("believed");
    assert_eq!(
        (settled.version, settled.error),
        (2, Some(DocumentFault::new(DocumentReason::Failed, "kind is no text")))
    );
    let rig = rig.power_cut();
    let held = rig.port.look(|roster| roster.held()).await.expect("the kernel lives");
    assert_eq!(
        held.iter().map(|held| (held.version, held.hash)).collect::<Vec<_>>(),
        [(1, good.hash())]
    );
    let table = rig.port.table(Table::Documents).await.expect("readable");
    let kept: SignedText = serde_json::from_slice(&table[0].1).expect("as it came");
    assert_eq!((table.len(), kept), (1, seal(&good)));
    assert_eq!(rig.told(), ["policy.applied", "policy.failed"]);
}

#[tokio::test]
async fn older_versions_and_other_edges_documents_are_not_believed() {
    let mut rig = Rig::new(2);
    apply(&mut rig, &document(5, json!({ "n": 5 })), Ok(()))
        .await
        .expect("believed");
    let again = rig.port.document(seal(&document(5, json!({ "n": 5 })))).await;
    assert!(
        matches!(
            again,
            Ok(DocumentSettlement {
                version: 5,
                error: None,
                ..
            })
        ),
        "in force already"
    );
    let other = Document {
        edge: protocol::EdgeId::new(protocol::Timestamp::from_millis(9), [9; 10]),
        ..document(6, json!({}))
    };
    for refused in [document(4, json!({})), document(5, json!({ "n": 6 })), other] {
        assert!(matches!(
            rig.port.document(seal(&refused)).await,
            Err(Refusal::Untrusted(_))
        ));
    }
    assert_eq!(rig.told(), ["policy.applied"]);
}

#[tokio::test]
async fn a_withdrawn_document_is_gone_and_does_not_come_back() {
    let mut rig = Rig::new(3);
    apply(&mut rig, &document(1, json!({ "n": 1 })), Ok(()))
        .await
        .expect("believed");
    let withdrawn = Document {
        withdrawn: true,
        ..document(2, serde_json::Value::Null)
    };
    apply(&mut rig, &withdrawn, Ok(())).await.expect("believed");
    assert!(rig.port.table(Table::Documents).await.expect("readable").is_empty());
    assert!(rig.port.document(seal(&document(1, json!({ "n": 1 })))).await.is_err());
}

#[tokio::test]
async fn a_document_told_twice_is_put_in_force_once_and_both_are_told() {
    let mut rig = Rig::new(4);
    let told =
        |port: crate::Port| tokio::spawn(async move { port.document(seal(&document(1, json!({ "n": 1 })))).await });
    let (first, second) = (told(rig.port.clone()), told(rig.port.clone()));
    let Some(Effect::Apply(handed)) = rig.effects.recv().await else {
        panic!("it is handed to the agent")
    };
    tokio::task::yield_now().await;
    rig.port.status().await.expect("both were worked on");
    rig.port.document_settled(*handed, Ok(())).await.expect("recorded");
    for waiting in [first, second] {
        assert!(matches!(
            waiting.await.expect("no panic"),
            Ok(DocumentSettlement {
                version: 1,
                error: None,
                ..
            })
        ));
    }
    assert!(rig.effects.try_recv().is_err(), "handed over once");
    assert_eq!(rig.told(), ["policy.applied"]);
}

#[tokio::test]
async fn what_nothing_reads_is_never_called_applied() {
    let mut rig = Rig::new(5);
    let unknown = Document {
        id: "policy/kiosk".parse().expect("an id"),
        ..document(1, json!({ "idle_s": 1 }))
    };
    let settled = rig.port.document(seal(&unknown)).await.expect("believed");
    assert_eq!(settled.error, Some(DocumentFault::unsupported()));
    let unreadable = Document {
        id: "queue/branch".parse().expect("an id"),
        ..document(1, json!({ "name": 7 }))
    };
    let settled = rig.port.document(seal(&unreadable)).await.expect("believed");
    let fault = settled.error.expect("it is no branch");
    assert_eq!(fault.reason, DocumentReason::Invalid);
    assert!(rig.effects.try_recv().is_err(), "the agent is not asked");
    assert!(rig.port.table(Table::Documents).await.expect("readable").is_empty());
    let rig = rig.power_cut();
    assert_eq!(rig.told(), ["policy.failed", "policy.failed"]);
    let held = rig.port.look(|roster| roster.held()).await.expect("the kernel lives");
    assert!(held.is_empty());
}

#[tokio::test]
async fn the_queue_has_its_branch_from_the_kernel_and_keeps_it_over_a_restart() {
    let rig = Rig::new(6);
    let branch = |name: &str, version: u64| Document {
        id: "queue/branch".parse().expect("an id"),
        ..document(
            version,
            json!({"name": {"en": name}, "profiles": [], "windows": [], "operators": [], "services": [
                {"id": "cash", "prefix": "K", "name": {"en": "Cash"}, "minutes": 10, "target_wait": 15},
            ]}),
        )
    };
    let name = async |rig: &Rig| {
        let setup = rig
            .port
            .read::<crate::queue::Queue>()
            .await
            .expect("the kernel lives")
            .setup;
        setup
            .branch
            .as_ref()
            .map(|branch| branch.draft().name.get(protocol::Lang::En).to_owned())
    };
    let settled = rig.port.document(seal(&branch("Main", 1))).await.expect("believed");
    assert_eq!((settled.error, name(&rig).await.as_deref()), (None, Some("Main")));
    let rig = rig.power_cut();
    assert_eq!(name(&rig).await.as_deref(), Some("Main"));
    let withdrawn = Document {
        withdrawn: true,
        ..branch("Main", 2)
    };
    rig.port.document(seal(&withdrawn)).await.expect("believed");
    assert_eq!(name(&rig).await, None);
    let rig = rig.power_cut();
    assert_eq!(name(&rig).await, None);
}

#[tokio::test]
async fn a_document_beyond_the_quota_is_refused_with_a_word_and_the_one_before_stays() {
    let rig = Rig::new(6);
    let long = document(1, json!({ "text": "x".repeat(MAX_BODY) }));
    let settled = rig.port.document(seal(&long)).await.expect("believed");
    assert_eq!(settled.error.map(|fault| fault.reason), Some(DocumentReason::Quota));
    assert!(rig.port.keys(Table::Documents).await.expect("readable").is_empty());
    assert_eq!(rig.told(), ["policy.failed"]);
}
