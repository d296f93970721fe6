//! Signed requests to the cloud (RFC 9421 profile of [`protocol::http_signature`]).
//!
//! No redirect is ever followed: a signature is for one host and path. Nothing is signed by a clock that is known to be
//! wrong, and no error shows a body, a header or a proxy's password.

mod error;

pub use error::{CallError, EdgeRefusal};

use crate::{
    cloud_url::CloudUrl,
    settings::Settings,
    signature_clock::SignatureClock,
    tls::{self, UplinkTlsError},
};
use bytes::Bytes;
use error::CloudProblem;
use protocol::{
    batch,
    control::{JOIN_HEADER, TIME_PATH, Time},
    http_signature::{self, Headers, Parts},
    key::SecretKey,
};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Largest answer that is read: an inbox full of documents is the largest there is.
const MAX_ANSWER: usize = 16 << 20;

/// The cloud, as one identity speaks to it.
#[derive(Clone)]
pub(crate) struct CloudClient {
    http: Client,
    cloud_url: CloudUrl,
    key: Arc<SecretKey>,
    wall_clock: SignatureClock,
    request_timeout: Duration,
    join: Option<u64>,
}

/// One request.
pub(crate) struct CloudCall<'a> {
    /// For errors: `cannot <doing>`.
    pub(crate) doing: &'static str,
    pub(crate) path: &'a str,
    pub(crate) body: CallBody<'a>,
    /// How long the cloud may keep us waiting by design.
    pub(crate) wait: Duration,
}

/// What a request carries.
pub(crate) enum CallBody<'a> {
    /// `GET`.
    Nothing,
    /// `POST` of JSON.
    Json(Bytes),
    /// `POST` of a batch, zstd-compressed.
    Batch { wire: Bytes, idempotency_key: &'a str },
}

impl CloudClient {
    pub(crate) fn new(
        settings: &Settings,
        cloud_url: CloudUrl,
        key: Arc<SecretKey>,
        wall_clock: SignatureClock,
    ) -> Result<Self, UplinkTlsError> {
        let mut tls = tls::config(&settings.roots)?;
        // HTTP/2 has no Host header to sign, and one batch after another gains nothing by it.
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut http = Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.timing.request)
            .tcp_nodelay(true)
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = &settings.proxy {
            let mut via =
                reqwest::Proxy::all(format!("http://{}", proxy.host_port.as_str())).map_err(UplinkTlsError::Client)?;
            if let Some(login) = &proxy.login {
                via = via.basic_auth(login.user.as_str(), &login.password);
            }
            http = http.proxy(via);
        }
        let http = http.build().map_err(UplinkTlsError::Client)?;
        Ok(Self {
            http,
            cloud_url,
            key,
            wall_clock,
            request_timeout: settings.timing.request,
            join: None,
        })
    }

    /// The same, once the cloud gave a join counter.
    pub(crate) fn joined(&self, counter: u64) -> Self {
        Self {
            join: Some(counter),
            ..self.clone()
        }
    }

    pub(crate) fn cloud_url(&self) -> &CloudUrl {
        &self.cloud_url
    }
    pub(crate) fn wall_clock(&self) -> &SignatureClock {
        &self.wall_clock
    }
    pub(crate) fn join_header(&self) -> Option<String> {
        self.join.map(|counter| counter.to_string())
    }

    /// Signs parts of a request that is not sent from here, with the clock of now.
    pub(crate) fn sign(&self, parts: &Parts<'_>) -> Headers {
        http_signature::sign(parts, &self.key, self.wall_clock.now())
    }

    /// Sends a request and gives the body of a success. A clock that is off is corrected once.
    pub(crate) async fn call(&self, call: &CloudCall<'_>) -> Result<Bytes, CallError> {
        self.trust_clock().await?;
        match self.once(call).await {
            Err(CallError::ClockSkew) => {
                self.learn_time().await?;
                self.once(call).await
            }
            answer => answer,
        }
    }

    /// Makes sure that the clock may sign.
    pub(crate) async fn trust_clock(&self) -> Result<(), CallError> {
        if self.wall_clock.trusted() {
            Ok(())
        } else {
            self.learn_time().await
        }
    }

    /// Asks the cloud what time it is and passes it on.
    pub(crate) async fn learn_time(&self) -> Result<(), CallError> {
        let doing = "ask the cloud for the time";
        let asked = Instant::now();
        let request = self
            .http
            .get(self.cloud_url.http(TIME_PATH))
            .timeout(self.request_timeout);
        let response = request
            .send()
            .await
            .map_err(|source| CallError::unreachable(doing, source))?;
        let round_trip = asked.elapsed();
        let body = success(doing, response).await?;
        let time: Time = serde_json::from_slice(&body).map_err(|source| CallError::Answer { doing, source })?;
        self.wall_clock.cloud_time.learn(time.now, round_trip);
        Ok(())
    }

    async fn once(&self, call: &CloudCall<'_>) -> Result<Bytes, CallError> {
        let (method, body, idempotency_key) = match &call.body {
            CallBody::Nothing => (Method::GET, Bytes::new(), None),
            CallBody::Json(json) => (Method::POST, json.clone(), None),
            CallBody::Batch { wire, idempotency_key } => (Method::POST, wire.clone(), Some(*idempotency_key)),
        };
        let digest = http_signature::content_digest(&body);
        let (authority, join) = (self.cloud_url.authority(), self.join_header());
        let headers = self.sign(&Parts {
            method: method.as_str(),
            authority: &authority,
            path: call.path,
            query: "",
            content_digest: &digest,
            idempotency_key,
            join: join.as_deref(),
            websocket_key: None,
        });
        let mut request = self
            .http
            .request(method, self.cloud_url.http(call.path))
            .timeout(self.request_timeout + call.wait)
            .header("content-digest", &digest)
            .header("signature-input", headers.input)
            .header("signature", headers.signature);
        for (name, value) in [("idempotency-key", idempotency_key), (JOIN_HEADER, join.as_deref())] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request = match &call.body {
            CallBody::Nothing => request,
            CallBody::Json(_) => request.header("content-type", "application/json").body(body),
            CallBody::Batch { .. } => request
                .header("content-type", batch::CONTENT_TYPE)
                .header("content-encoding", "zstd")
                .body(body),
        };
        let response = request
            .send()
            .await
            .map_err(|source| CallError::unreachable(call.doing, source))?;
        success(call.doing, response).await
    }
}

impl std::fmt::Debug for CloudClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudClient")
            .field("cloud_url", &self.cloud_url)
            .field("join", &self.join)
            .finish_non_exhaustive()
    }
}

/// The body of a success; anything else is an error, understood as far as the cloud explained it.
async fn success(doing: &'static str, response: Response) -> Result<Bytes, CallError> {
    let status = response.status();
    let body = read(doing, response).await?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(understood(doing, status, &body))
    }
}

/// What the cloud means by an answer that is no success, as far as its problem+json says.
pub(crate) fn understood(doing: &'static str, status: StatusCode, body: &[u8]) -> CallError {
    let problem: CloudProblem = serde_json::from_slice(body).unwrap_or_default();
    match (status, problem.urn.as_str()) {
        (StatusCode::UNAUTHORIZED, "urn:ostona:clock-skew") => CallError::ClockSkew,
        (_, "urn:ostona:rejoin") => CallError::Rejoin,
        (_, "urn:ostona:quarantined") => CallError::Refused(EdgeRefusal::Quarantined),
        (_, "urn:ostona:revoked") => CallError::Refused(EdgeRefusal::Revoked),
        (_, _) => CallError::Status {
            doing,
            status: status.as_u16(),
            title: problem.title(),
        },
    }
}

async fn read(doing: &'static str, mut response: Response) -> Result<Bytes, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|source| CallError::unreachable(doing, source))?
    {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(CallError::TooLong { doing });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}
