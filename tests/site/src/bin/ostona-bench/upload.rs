//! Batches of synthetic edges, sealed beforehand: what is measured is the cloud, not the making of events.

use crate::{
    member::{EdgeRequest, SyntheticEdge},
    payload,
};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use protocol::{
    DeviceId, Epoch, Lane, Seq,
    batch::{self, BatchHeader},
    control::JOIN_HEADER,
    frame,
};
use std::sync::Arc;
use tests_world::{clock::Clock, rng::Rng};
use tokio::task::JoinSet;

/// Bytes of records in a batch before compression: what a real edge sends at once.
const CHUNK: usize = 1 << 20;
/// zstd's level of a real edge.
const LEVEL: i32 = 3;

/// One batch, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct SealedBatch {
    wire: Bytes,
    idempotency_key: String,
}

/// What one edge has to send.
#[derive(Debug)]
pub(crate) struct Backlog {
    member: Arc<SyntheticEdge>,
    batches: Vec<SealedBatch>,
}

/// `count` events of an edge in one epoch, in batches.
pub(crate) fn seal(member: &Arc<SyntheticEdge>, device: &DeviceId, epoch: Epoch, count: u64) -> Result<Backlog> {
    let mut rng = Rng::new(u64::from(epoch.0));
    let mut batches = Vec::new();
    let (mut records, mut first) = (Vec::new(), 1);
    for seq in 1..=count {
        let event = payload::event(device, Clock::Real.now(), &mut rng)?;
        frame::encode(&mut records, Seq(seq), &event).context("encoding a record")?;
        if records.len() >= CHUNK || seq == count {
            let header = BatchHeader {
                edge: member.edge,
                epoch,
                lane: Lane::Facts,
                first: Seq(first),
                last: Seq(seq),
                sent_at: Clock::Real.now(),
            };
            let plain = batch::encode(&header, &records).context("encoding a batch")?;
            batches.push(SealedBatch {
                wire: zstd::bulk::compress(&plain, LEVEL)
                    .context("compressing a batch")?
                    .into(),
                idempotency_key: header.idempotency_key(),
            });
            records.clear();
            first = seq + 1;
        }
    }
    Ok(Backlog {
        member: Arc::clone(member),
        batches,
    })
}

/// Sends every backlog, each edge one batch after the other, all edges at once. Ends when all is on the cloud's disk.
pub(crate) async fn send(http: &reqwest::Client, backlogs: Vec<Backlog>) -> Result<()> {
    let mut sending = JoinSet::new();
    for Backlog { member, batches } in backlogs {
        let http = http.clone();
        sending.spawn(async move {
            for sealed in batches {
                one(&http, &member, sealed).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent.context("an edge broke down")??;
    }
    Ok(())
}

async fn one(http: &reqwest::Client, member: &SyntheticEdge, sealed: SealedBatch) -> Result<()> {
    let (signature, digest) = member.sign(&EdgeRequest {
        method: "POST",
        path: batch::PATH,
        body: &sealed.wire,
        idempotency_key: Some(&sealed.idempotency_key),
        websocket_key: None,
    });
    let request = http
        .post(format!("http://{}{}", member.authority(), batch::PATH))
        .header("content-type", batch::CONTENT_TYPE)
        .header("content-encoding", "zstd")
        .header("content-digest", digest)
        .header("signature-input", signature.input)
        .header("signature", signature.signature)
        .header("idempotency-key", &sealed.idempotency_key)
        .header(JOIN_HEADER, member.join().unwrap_or_default());
    let response = request.body(sealed.wire).send().await.context("sending a batch")?;
    let status = response.status();
    let body = response.bytes().await.context("reading the answer")?;
    ensure!(
        status.is_success(),
        "a batch was refused: {status} {}",
        String::from_utf8_lossy(&body)
    );
    Ok(())
}
