//! Scripts against a store in a directory of its own.

mod control;
mod documents;
mod exactly_once;
mod identity;
mod projections;
mod queue;
mod registers;
mod retention;
mod shim;

use crate::{
    Db, OrgStore,
    audit::{AuditEntry, AuditResult},
    ingest::{self, IncomingBatch, IngestResult},
};
use protocol::{
    Actor, ClockState, DeviceId, EdgeId, Epoch, Event, Fact, Lane, OrgId, Seq, Timestamp,
    batch::{self, BatchHeader},
    fact::Custom,
    frame,
    id::EventId,
};
use std::future::Future;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

fn org(number: u8) -> OrgId {
    OrgId::new(NOW, [number; 10])
}

fn edge(number: u8) -> EdgeId {
    EdgeId::new(NOW, [number; 10])
}

fn entry(action: &'static str) -> AuditEntry {
    AuditEntry {
        at: NOW,
        actor: "test".into(),
        action: action.into(),
        target: String::new(),
        result: AuditResult::Done,
        detail: String::new(),
        ip: "".into(),
    }
}

fn event(fact: Fact, at: Timestamp) -> Event {
    Event {
        id: EventId::new(at, [7; 10]),
        fact,
        v: 1,
        at,
        clock: ClockState::Synced,
        boot: 1,
        up_ms: 0,
        actor: Actor::Edge,
        subj: None,
        corr: None,
        replay: false,
        origin: None,
        pii: 0,
    }
}

fn custom(number: u64) -> Fact {
    let device: DeviceId = "lobby-1".parse().expect("a slug");
    Fact::DeviceCustom(Custom {
        device,
        kind: format!("n{number}").into(),
        body: serde_json::Value::Null.into(),
    })
}

fn body(fact: Fact) -> Vec<u8> {
    event(fact, NOW).encode().expect("JSON")
}

/// A batch of records with these seqs and bodies.
fn incoming(edge: EdgeId, lane: Lane, records: &[(u64, Vec<u8>)]) -> IncomingBatch {
    let mut bytes = Vec::new();
    for (seq, body) in records {
        frame::encode(&mut bytes, Seq(*seq), body).expect("a record");
    }
    let (first, last) = (records.first().expect("one").0, records.last().expect("one").0);
    let header = BatchHeader {
        edge,
        epoch: Epoch(1),
        lane,
        first: Seq(first),
        last: Seq(last),
        sent_at: NOW,
    };
    IncomingBatch::read(batch::encode(&header, &bytes).expect("a batch")).expect("a batch")
}

async fn store(scope: &OrgStore, lane: Lane, records: &[(u64, Vec<u8>)]) -> IngestResult {
    ingest::store(scope, incoming(edge(1), lane, records), NOW)
        .await
        .expect("stored")
}

fn open() -> (tempfile::TempDir, Db) {
    let dir = tempfile::tempdir().expect("a directory");
    let db = Db::open(dir.path()).expect("a store");
    (dir, db)
}
