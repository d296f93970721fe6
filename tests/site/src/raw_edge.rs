//! An edge that is nothing but a key: it enrols, joins, and then says whatever a test wants it to say.
//!
//! It signs exactly as edges do, so that what is refused is refused for its content.

use anyhow::{Context as _, Result, anyhow, ensure};
use protocol::{
    EdgeId, Epoch, Lane, Seq, Timestamp,
    batch::{self, BatchHeader},
    control::{JOIN_HEADER, JOIN_PATH, JoinReply, JoinRequest},
    enrolment::{self, EnrolmentReply},
    frame,
    http_signature::{self, Parts},
    key::SecretKey,
};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// An edge that was let in.
#[derive(Debug)]
pub struct RawEdge {
    http: reqwest::Client,
    cloud: SocketAddr,
    key: SecretKey,
    counter: u64,
    /// Who it is.
    pub edge: EdgeId,
}

/// What an edge was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestAnswer {
    /// HTTP status.
    pub status: StatusCode,
    /// The stable word of a refusal: the end of the problem's `type`; empty where there is none.
    pub word: String,
}

/// A batch, ready to be signed.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What its header says.
    pub header: BatchHeader,
    /// Records, one after another.
    pub records: Vec<u8>,
}

impl RawEdge {
    /// Enrols with a fresh code, and joins.
    pub async fn enrol(cloud: SocketAddr, code: &str, now: Timestamp) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow!("no randomness for a key: {error}"))?;
        let mut raw_edge = Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .context("preparing HTTP")?,
            cloud,
            key: SecretKey::from_seed(&seed),
            counter: 0,
            edge: EdgeId::new(now, [0; 10]),
        };
        let wish = json!({"code": code, "key": raw_edge.key.public(), "serial": "raw_edge", "version": "0"});
        let answer = raw_edge
            .send(enrolment::PATH, &[], &serde_json::to_vec(&wish)?, now)
            .await?;
        ensure!(answer.status().is_success(), "enrolling: {}", answer.status());
        let enrolled: EnrolmentReply =
            serde_json::from_slice(&answer.bytes().await?).context("reading the enrolment")?;
        raw_edge.edge = enrolled.edge;
        let join = JoinRequest {
            edge: raw_edge.edge,
            counter: 0,
            attempt: "0".repeat(22).into(),
            version: "0".into(),
            epoch: Epoch(1),
        };
        let answer = raw_edge.send(JOIN_PATH, &[], &serde_json::to_vec(&join)?, now).await?;
        ensure!(answer.status().is_success(), "joining: {}", answer.status());
        let joined: JoinReply = serde_json::from_slice(&answer.bytes().await?).context("reading the join")?;
        raw_edge.counter = joined.counter;
        Ok(raw_edge)
    }

    /// A batch with records of these seqs, which its header names as `first` to `last`.
    pub fn batch(&self, seqs: &[u64], first: u64, last: u64, now: Timestamp) -> Result<Batch> {
        let mut records = Vec::new();
        for seq in seqs {
            let event = json!({"id": uuid::Uuid::from_u128(u128::from(*seq)), "name": "device.custom", "v": 1,
                "data": {"device": "stranger-1", "kind": "load", "body": {"n": seq}}, "at": now, "clock": "synced",
                "boot": 1, "up_ms": 1, "actor": {"kind": "device", "id": "stranger-1"}});
            frame::encode(&mut records, Seq(*seq), &serde_json::to_vec(&event)?).context("writing a record")?;
        }
        let header = BatchHeader {
            edge: self.edge,
            epoch: Epoch(1),
            lane: Lane::Facts,
            first: Seq(first),
            last: Seq(last),
            sent_at: now,
        };
        Ok(Batch { header, records })
    }

    /// Sends a batch.
    pub async fn send_batch(&self, batch: &Batch, now: Timestamp) -> Result<IngestAnswer> {
        let plain = batch::encode(&batch.header, &batch.records).context("writing a batch")?;
        self.send_bytes(
            &batch.header.idempotency_key(),
            &zstd::encode_all(plain.as_slice(), 1)?,
            now,
        )
        .await
    }

    /// Sends anything where a batch should be.
    pub async fn send_bytes(&self, idempotency_key: &str, wire: &[u8], now: Timestamp) -> Result<IngestAnswer> {
        let headers = [
            ("idempotency-key", idempotency_key),
            ("content-encoding", "zstd"),
            ("content-type", batch::CONTENT_TYPE),
        ];
        ingest_answer(self.send(batch::PATH, &headers, wire, now).await?).await
    }

    /// The head of a signed request whose body is announced to have so many bytes; none of it follows.
    pub fn request_head(&self, path: &str, headers: &[(&str, &str)], announced: usize, now: Timestamp) -> String {
        let (authority, join) = (self.cloud.to_string(), self.counter.to_string());
        let digest = http_signature::content_digest(b"");
        let idempotency_key = headers.iter().find(|(name, _)| *name == "idempotency-key");
        let parts = Parts {
            method: "POST",
            authority: &authority,
            path,
            query: "",
            content_digest: &digest,
            idempotency_key: idempotency_key.map(|(_, value)| *value),
            join: Some(&join),
            websocket_key: None,
        };
        let signed = http_signature::sign(&parts, &self.key, now);
        let announced = announced.to_string();
        let own = [
            ("host", authority.as_str()),
            ("content-length", &announced),
            ("content-digest", &digest),
            (JOIN_HEADER, &join),
            ("signature-input", &signed.input),
            ("signature", &signed.signature),
        ];
        let mut head = format!("POST {path} HTTP/1.1\r\n");
        for (name, value) in own.iter().chain(headers) {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8], now: Timestamp) -> Result<Response> {
        let (authority, join) = (self.cloud.to_string(), self.counter.to_string());
        let digest = http_signature::content_digest(body);
        let idempotency_key = headers.iter().find(|(name, _)| *name == "idempotency-key");
        let parts = Parts {
            method: "POST",
            authority: &authority,
            path,
            query: "",
            content_digest: &digest,
            idempotency_key: idempotency_key.map(|(_, value)| *value),
            join: Some(&join),
            websocket_key: None,
        };
        let signed = http_signature::sign(&parts, &self.key, now);
        let mut request = self.http.post(format!("http://{authority}{path}")).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request = request.header("content-digest", &digest).header(JOIN_HEADER, &join);
        request = request
            .header("signature-input", signed.input)
            .header("signature", signed.signature);
        request.send().await.with_context(|| format!("POST {path}"))
    }
}

/// Status and stable word of an answer.
pub async fn ingest_answer(answer: Response) -> Result<IngestAnswer> {
    let status = answer.status();
    let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
    let word = body.get("type").and_then(Value::as_str).unwrap_or_default();
    Ok(IngestAnswer {
        status,
        word: word.trim_start_matches("urn:ostona:").to_owned(),
    })
}
