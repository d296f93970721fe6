//! kill -9: what was answered is there, once, and nothing is half there.

#![expect(clippy::expect_used, reason = "a script: whatever fails ends it")]

use cloud_store::{
    Db, events,
    ingest::{self, IncomingBatch},
};
use protocol::{
    EdgeId, Epoch, Lane, OrgId, Seq, Timestamp,
    batch::{self, BatchHeader},
    frame,
};
use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DIR: &str = "OSTONA_STORE_KILL_DIR";
const KILLS: usize = 6;
const BATCH: u64 = 20;

/// The process that is killed: this same test program, told by a variable where to store. By itself it does nothing.
#[test]
fn writes_until_killed() {
    let Some(dir) = env::var_os(DIR) else { return };
    run(async {
        let db = Db::open(Path::new(&dir)).expect("a store");
        let scope = db.scope(org());
        let have = events::have(&scope, edge(), Epoch(1)).await.expect("a cursor");
        let mut next = have.facts.0 + 1;
        loop {
            let stored = ingest::store(&scope, records(next), NOW).await;
            next = stored.expect("stored").stored.have.facts.0 + 1;
            let mut out = std::io::stdout().lock();
            writeln!(out, "answered {}", next - 1)
                .and_then(|()| out.flush())
                .expect("a reader");
        }
    });
}

#[test]
fn what_was_answered_survives_kill_9() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut answered = 0;
    for kill in 0..KILLS {
        // Each round is killed after another number of answers, while more are under way.
        answered = write_and_kill(dir.path(), 3 + kill * 5).max(answered);
        let stored: Vec<u64> = run(async {
            let db = Db::open(dir.path()).expect("a store");
            let stored = events::stored_after(&db.scope(org()), 0, u32::MAX)
                .await
                .expect("events");
            db.close();
            stored.iter().map(|event| event.seq.0).collect()
        });
        let last = stored.last().copied().unwrap_or(0);
        assert!(last >= answered, "{last} stored, {answered} answered");
        assert_eq!(stored, (1..=last).collect::<Vec<_>>());
        assert_eq!(last % BATCH, 0, "half a batch");
    }
}

/// Lets a child write until it has answered so often, kills it, and gives the last seq it answered.
fn write_and_kill(dir: &Path, answers: usize) -> u64 {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "writes_until_killed", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let told = lines
        .map_while(Result::ok)
        .filter_map(|line| line.rsplit_once("answered ")?.1.parse().ok());
    let last = told.take(answers).last();
    child.kill().expect("killed");
    child.wait().expect("gone");
    last.unwrap_or(0)
}

/// A batch of records from this seq on. What is in them does not matter here.
fn records(first: u64) -> IncomingBatch {
    let mut bytes = Vec::new();
    for seq in first..first + BATCH {
        frame::encode(&mut bytes, Seq(seq), b"{}").expect("a record");
    }
    let (first, last) = (Seq(first), Seq(first + BATCH - 1));
    let header = BatchHeader {
        edge: edge(),
        epoch: Epoch(1),
        lane: Lane::Facts,
        first,
        last,
        sent_at: NOW,
    };
    IncomingBatch::read(batch::encode(&header, &bytes).expect("a batch")).expect("a batch")
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

fn org() -> OrgId {
    OrgId::new(NOW, [1; 10])
}

fn edge() -> EdgeId {
    EdgeId::new(NOW, [1; 10])
}
