//! Edges that exist on the wire only: enrolled, joined and signing like real ones, thousands in one process.

use anyhow::{Context as _, Result, anyhow, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use protocol::{
    EdgeId, Epoch,
    control::{JOIN_HEADER, JOIN_PATH, JoinReply, JoinRequest},
    enrolment::{self, EnrolmentReply},
    http_signature::{self, Headers, Parts},
    key::{SecretKey, to_base64},
};
use std::net::SocketAddr;
use tests_world::clock::Clock;

use crate::bench_dir::NewSite;

const VERSION: &str = "0.0.0-bench";
/// How many enrol at once.
const AT_ONCE: usize = 64;

/// One synthetic edge.
#[derive(Debug)]
pub(crate) struct SyntheticEdge {
    /// Its name.
    pub(crate) edge: EdgeId,
    key: SecretKey,
    authority: String,
    join: Option<String>,
}

/// What a request of a member is about.
pub(crate) struct EdgeRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) websocket_key: Option<&'a str>,
}

impl<'a> EdgeRequest<'a> {
    fn json(path: &'a str, body: &'a [u8]) -> Self {
        Self {
            method: "POST",
            path,
            body,
            idempotency_key: None,
            websocket_key: None,
        }
    }
}

/// Enrols and joins so many.
pub(crate) async fn enlist(http: &reqwest::Client, founded: &NewSite, count: usize) -> Result<Vec<SyntheticEdge>> {
    let joining = (0..count).map(|number| async move {
        let code = founded.enrolment_code(&format!("edge {number}")).await?;
        SyntheticEdge::enlist(http, founded.address, &code).await
    });
    stream::iter(joining).buffer_unordered(AT_ONCE).try_collect().await
}

impl SyntheticEdge {
    async fn enlist(http: &reqwest::Client, cloud: SocketAddr, code: &str) -> Result<Self> {
        let key = SecretKey::from_seed(&random()?);
        let request = enrolment::Request {
            code: code.parse().context("reading a code")?,
            key: key.public(),
            serial: "bench".into(),
            version: VERSION.into(),
        };
        // Its name is not known before the answer; nothing that is signed until then holds it.
        let nobody = EdgeId::new(Clock::Real.now(), [0; 10]);
        let mut member = Self {
            edge: nobody,
            key,
            authority: cloud.to_string(),
            join: None,
        };
        let body = serde_json::to_vec(&request).context("writing an enrolment")?;
        let answer = member
            .ask(http, &EdgeRequest::json(enrolment::PATH, &body))
            .await
            .context("enrolling")?;
        let enrolled: EnrolmentReply = serde_json::from_slice(&answer).context("reading an enrolment")?;
        member.edge = enrolled.edge;
        let join = JoinRequest {
            edge: member.edge,
            counter: 0,
            attempt: to_base64(&random::<16>()?).into(),
            version: VERSION.into(),
            epoch: Epoch(1),
        };
        let body = serde_json::to_vec(&join).context("writing a join")?;
        let answer = member
            .ask(http, &EdgeRequest::json(JOIN_PATH, &body))
            .await
            .context("joining")?;
        let joined: JoinReply = serde_json::from_slice(&answer).context("reading a join")?;
        member.join = Some(joined.counter.to_string());
        Ok(member)
    }

    /// Host and port of the cloud.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The join counter, for the header.
    pub(crate) fn join(&self) -> Option<&str> {
        self.join.as_deref()
    }

    /// Signs a request; the digest is that of its body.
    pub(crate) fn sign(&self, asked: &EdgeRequest<'_>) -> (Headers, String) {
        let digest = http_signature::content_digest(asked.body);
        let parts = Parts {
            method: asked.method,
            authority: &self.authority,
            path: asked.path,
            query: "",
            content_digest: &digest,
            idempotency_key: asked.idempotency_key,
            join: self.join(),
            websocket_key: asked.websocket_key,
        };
        (http_signature::sign(&parts, &self.key, Clock::Real.now()), digest)
    }

    async fn ask(&self, http: &reqwest::Client, asked: &EdgeRequest<'_>) -> Result<Vec<u8>> {
        let url = format!("http://{}{}", self.authority, asked.path);
        let (signature, digest) = self.sign(asked);
        let mut request = http
            .post(url)
            .header("content-type", "application/json")
            .header("content-digest", digest)
            .header("signature-input", signature.input)
            .header("signature", signature.signature);
        if let Some(join) = self.join() {
            request = request.header(JOIN_HEADER, join);
        }
        let response = request
            .body(asked.body.to_vec())
            .send()
            .await
            .context("asking the cloud")?;
        let status = response.status();
        let body = response.bytes().await.context("reading the answer")?;
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body.to_vec())
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}
