//! A rebuild as the command does it.

use super::{RebuildError, RebuildSummary, rebuild};
use cloud_store::{
    Db, StoreError,
    audit::{AuditEntry, AuditResult},
    ingest::{self, IncomingBatch},
    orgs::{self, Org},
    projections::{ProjectionName, UnknownProjection},
};
use protocol::{
    EdgeId, Epoch, Lane, OrgId, Seq, Timestamp,
    batch::{self, BatchHeader},
    frame,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const EVENTS: u64 = 2_500;

fn org(number: u8) -> OrgId {
    OrgId::new(NOW, [number; 10])
}

async fn add(store: &Db, number: u8, events: u64) {
    let made = Org {
        id: org(number),
        name: format!("org {number}"),
        created: NOW,
    };
    let entry = AuditEntry {
        at: NOW,
        actor: "test".into(),
        action: "org.create".into(),
        target: String::new(),
        result: AuditResult::Done,
        detail: String::new(),
        ip: "".into(),
    };
    orgs::create(&store.platform(), made, entry).await.expect("made");
    let mut bytes = Vec::new();
    for seq in 1..=events {
        frame::encode(&mut bytes, Seq(seq), b"{}").expect("a record");
    }
    let header = BatchHeader {
        edge: EdgeId::new(NOW, [1; 10]),
        epoch: Epoch(1),
        lane: Lane::Facts,
        first: Seq(1),
        last: Seq(events),
        sent_at: NOW,
    };
    let incoming = IncomingBatch::read(batch::encode(&header, &bytes).expect("a batch")).expect("a batch");
    ingest::store(&store.scope(org(number)), incoming, NOW)
        .await
        .expect("stored");
}

#[tokio::test]
async fn a_rebuild_tells_how_far_it_is_and_what_it_came_to() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Db::open(dir.path()).expect("a store");
    add(&store, 1, EVENTS).await;
    add(&store, 2, 3).await;
    let queue: ProjectionName = "queue".parse().expect("a name");
    let mut told = Vec::new();
    let all = rebuild(&store, queue, None, |org, progress| {
        told.push((org, progress.percent()))
    })
    .await
    .expect("rebuilt");
    let rebuilt = |number, upto| RebuildSummary { org: org(number), upto };
    assert_eq!(all, [rebuilt(1, EVENTS), rebuilt(2, 3)]);
    assert_eq!(
        (told.first().map(|(org, _)| *org), told.last()),
        (Some(org(1)), Some(&(org(2), 100)))
    );
    assert!(
        told.iter().any(|(of, percent)| *of == org(1) && *percent < 100),
        "{told:?}"
    );
    let one = rebuild(&store, queue, Some(org(2)), |_, _| {}).await.expect("rebuilt");
    assert_eq!(one, [rebuilt(2, 3)]);
    let nobody = rebuild(&store, queue, Some(org(3)), |_, _| {}).await;
    assert!(matches!(nobody, Err(RebuildError::Org(id)) if id == org(3)));
    assert_eq!("tickets".parse::<ProjectionName>(), Err(UnknownProjection));
    assert!(
        matches!(Db::open(dir.path()), Err(StoreError::InUse { .. })),
        "a running cloud is not rebuilt beside it"
    );
}
