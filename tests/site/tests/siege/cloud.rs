//! Edges that are well signed and hostile, and readers that do not read: another organisation does not notice.

use anyhow::{Result, ensure};
use protocol::{
    Epoch, Lane, Seq, Timestamp,
    batch::{self, BatchHeader, MAX_WIRE},
    control::{JOIN_HEADER, JOIN_PATH},
    frame,
};
use serde_json::json;
use std::time::Duration;
use tests_site::{
    admin::text,
    memory::{cloud_limit, peak, siege_scale},
    raw_edge::{Batch, IngestAnswer, RawEdge},
    scenario::{Scenario, ScenarioSpec},
    wait::SOON,
};
use tests_world::clock::Clock;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

/// Longest that an honest request may take beside a siege: in a debug build, on a machine that does much else.
const SERVED: Duration = Duration::from_secs(8);

fn now() -> Timestamp {
    Clock::Real.now()
}

/// A scenario with an edge of its organisation that is nothing but a key, and another one of another organisation.
struct Siege {
    scenario: Scenario,
    hostile: RawEdge,
    honest: RawEdge,
}

impl Siege {
    async fn open(name: &str) -> Result<Self> {
        let scenario = Scenario::open(ScenarioSpec::named(name)).await?;
        let cloud = scenario.cloud.address()?;
        let hostile = RawEdge::enrol(cloud, &scenario.enrolment_code().await?, now()).await?;
        let admin = &scenario.admin;
        let mine = text(admin.get("/orgs").await?.get(0).unwrap(), "id")?;
        let other = text(&admin.post("/orgs", &json!({"name": "Next door"})).await?, "id")?;
        admin.for_org(&other);
        let site = text(&admin.post("/sites", &json!({"name": "Next door"})).await?, "id")?;
        let codes = format!("/sites/{site}/enrolment-codes");
        let code = text(&admin.post(&codes, &json!({"name": "Lobby"})).await?, "code")?;
        admin.for_org(&mine);
        let honest = RawEdge::enrol(cloud, &code, now()).await?;
        Ok(Self {
            scenario,
            hostile,
            honest,
        })
    }

    /// The other organisation's edge brings an event, and is answered in time.
    async fn serves_others(&self, seq: u64) -> Result<()> {
        let batch = self.honest.batch(&[seq], seq, seq, now())?;
        let answer = timeout(SERVED, self.honest.send_batch(&batch, now())).await??;
        ensure!(answer.status.is_success(), "{answer:?}");
        Ok(())
    }

    fn peak(&mut self) -> Result<u64> {
        let pid = self.scenario.cloud.program()?.pid();
        peak(pid.unwrap())
    }

    /// A batch of records with this body.
    fn batch(&self, seqs: impl Iterator<Item = u64>, body: &[u8]) -> Batch {
        let (mut records, mut ends) = (Vec::new(), None);
        for seq in seqs {
            frame::encode(&mut records, Seq(seq), body).unwrap();
            ends = Some((ends.map_or(seq, |(first, _)| first), seq));
        }
        let (first, last) = ends.unwrap();
        let header = BatchHeader {
            edge: self.hostile.edge,
            epoch: Epoch(1),
            lane: Lane::Telemetry,
            first: Seq(first),
            last: Seq(last),
            sent_at: now(),
        };
        Batch { header, records }
    }

    async fn send(&self, batch: &Batch) -> IngestAnswer {
        self.hostile.send_batch(batch, now()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sparse_halves_and_tiny_records() {
    let mut siege = Siege::open("siege-batches").await.unwrap();
    let records = 40_000_u64;
    let sparse = siege.batch((0..records).map(|number| 1 + 2 * number), b"{}");
    let other_half = siege.batch((1..=records).map(|number| 2 * number), b"{}");
    let tiny = siege.batch(1..=900_000, b"x");
    let mut seq = 0;
    for _ in 0..siege_scale().unwrap() {
        for batch in [&sparse, &other_half] {
            assert_eq!(siege.send(batch).await.word, "batch");
        }
        let many = [
            siege.send(&tiny),
            siege.send(&tiny),
            siege.send(&tiny),
            siege.send(&tiny),
        ];
        for answer in futures_util::future::join_all(many).await {
            assert!(["batch", "busy"].contains(&answer.word.as_str()), "{answer:?}");
        }
        seq += 1;
        siege.serves_others(seq).await.unwrap();
    }
    // As many holes as a batch may have, and then what fills them.
    for offset in [1, 2] {
        for part in 0..4 {
            let seqs = (0..1_000).map(|number| part * 2_000 + offset + 2 * number);
            let answer = siege.send(&siege.batch(seqs, b"{}")).await;
            assert!(answer.status.is_success(), "{answer:?}");
            seq += 1;
            siege.serves_others(seq).await.unwrap();
        }
    }
    let (peak, limit) = (siege.peak().unwrap(), cloud_limit().unwrap());
    assert!(peak < limit / 2, "{peak} MiB of {limit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_announced_and_do_not_come() {
    let mut siege = Siege::open("siege-bodies").await.unwrap();
    let (cloud, admin) = (siege.scenario.cloud.address().unwrap(), &siege.scenario.admin);
    let mut open = Vec::new();
    for _ in 0..20 * siege_scale().unwrap() {
        let code = siege.scenario.enrolment_code().await.unwrap();
        let edge = RawEdge::enrol(cloud, &code, now()).await.unwrap();
        let headers = [
            ("idempotency-key", "x"),
            ("content-encoding", "zstd"),
            ("content-type", batch::CONTENT_TYPE),
        ];
        let head = edge.request_head(batch::PATH, &headers, MAX_WIRE, now());
        let mut stream = TcpStream::connect(cloud).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        open.push(stream);
    }
    timeout(SERVED, admin.get("/edges")).await.unwrap().unwrap();
    siege.serves_others(1).await.unwrap();
    // Of the same organisation, too: a batch, and a join.
    let batch = siege.hostile.batch(&[1], 1, 1, now()).unwrap();
    let answer = timeout(SERVED, siege.hostile.send_batch(&batch, now())).await;
    assert!(answer.unwrap().unwrap().status.is_success());
    let code = siege.scenario.enrolment_code().await.unwrap();
    let joined = timeout(SERVED, RawEdge::enrol(cloud, &code, now())).await;
    assert!(
        joined
            .unwrap()
            .unwrap()
            .request_head(JOIN_PATH, &[], 0, now())
            .contains(JOIN_HEADER)
    );
    // Whoever sends nothing is told so.
    for stream in open {
        let mut answer = [0; 12];
        timeout(SOON, stream.readable()).await.unwrap().unwrap();
        stream.try_read(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 408");
    }
    let (peak, limit) = (siege.peak().unwrap(), cloud_limit().unwrap());
    assert!(peak < limit / 2, "{peak} MiB of {limit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read() {
    let mut siege = Siege::open("siege-reader").await.unwrap();
    let unread = siege.scenario.admin.live().await.unwrap();
    let body = vec![b' '; 200 << 10];
    siege.send(&siege.batch(1..=40, &body)).await;
    let before = siege.peak().unwrap();
    let mut next = 41;
    for _ in 0..8 * siege_scale().unwrap() {
        let answer = siege.send(&siege.batch(next..=next + 39, &body)).await;
        assert!(answer.status.is_success(), "{answer:?}");
        next += 40;
    }
    siege.serves_others(1).await.unwrap();
    let after = siege.peak().unwrap();
    assert!(after < before + 40, "from {before} to {after} MiB");
    drop(unread);
}
