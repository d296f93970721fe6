//! kill -9: what was answered is there, once, and nothing is half there.

use super::{body, custom, incoming, org, run};
use crate::{
    Db, events,
    ingest::{self, Listeners},
};
use protocol::Lane;
use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

const DIR: &str = "OSTONA_STORE_KILL_DIR";
const KILLS: usize = 6;
const BATCH: u64 = 20;

/// The process that is killed: this same test program, told by a variable where to store. By itself it does nothing.
#[test]
fn writes_until_killed() {
    let Some(dir) = env::var_os(DIR) else { return };
    run(async {
        let db = Db::open(Path::new(&dir)).expect("a store");
        let scope = db.scope(org(1));
        let have = events::have(&scope, super::edge(1), protocol::Epoch(1))
            .await
            .expect("a cursor");
        let mut next = have.facts.0 + 1;
        loop {
            let records: Vec<_> = (next..next + BATCH).map(|seq| (seq, body(custom(seq)))).collect();
            let batch = incoming(super::edge(1), Lane::Facts, &records);
            ingest::store(&scope, batch, super::NOW, Listeners::None)
                .await
                .expect("stored");
            next += BATCH;
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
            let stored = events::stored_after(&db.scope(org(1)), 0, u32::MAX)
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
        .args(["--exact", "tests::kill::writes_until_killed", "--nocapture"])
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
