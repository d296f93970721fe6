//! Requests with our name under them: a fresh challenge for each, since some devices take a nonce only twice.
//!
//! What actuates is written with its body once, signed with a challenge fetched beforehand, and never again. After two
//! refusals in a row nothing more is sent: attempts count towards the device's lock, and lengthen it.

mod request;

pub(crate) use request::{IsapiRequest, IsapiResponse, RequestAuth, WriteResult};

use crate::{
    settings::{BasicAuth, DeviceLogin},
    wire::{
        digest::{self, AuthOffer, DigestInput, hex},
        lock::{self, LockStatus},
    },
};
use adapter_sdk::{
    DriverError, ReportError,
    http::{Http, HttpError, Response},
};
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};
use zeroize::Zeroizing;

/// Time for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Longest answer that is read whole.
pub(super) const LONGEST: usize = 512 * 1024;
/// Refusals in a row after which nothing more is sent.
const REFUSALS: u32 = 2;
/// How long a device is left in peace that refused us: as long as the documented lock.
const PEACE: Duration = Duration::from_secs(30 * 60);

/// The way to the device.
#[derive(Debug)]
pub(crate) struct IsapiClient {
    http: Arc<dyn Http>,
    login: DeviceLogin,
    /// Signed requests refused in a row.
    refusals: AtomicU32,
    /// Terminals have few connections: exchanges take turns. Commands do not wait for them.
    turn: Semaphore,
}

impl IsapiClient {
    /// A line with our name.
    pub(crate) fn new(http: Arc<dyn Http>, login: DeviceLogin) -> Self {
        Self {
            http,
            login,
            refusals: AtomicU32::new(0),
            turn: Semaphore::new(1),
        }
    }

    /// Asks, and reads the whole answer. Only for what may be sent twice: some firmwares refuse a renewed nonce at
    /// first, so a refused exchange is done once more from its start.
    pub(crate) async fn ask(&self, call: &IsapiRequest) -> Result<IsapiResponse, DriverError> {
        let _turn = self
            .turn
            .acquire()
            .await
            .map_err(|_| DriverError::Unrecorded(ReportError::Stopping))?;
        let response = self.exchange(call).await?;
        let status = response.status;
        let body = read(response, LONGEST).await.map_err(|source| call.lost(source))?;
        Ok(IsapiResponse { status, body })
    }

    /// Like [`IsapiClient::ask`], leaving the body to the caller: it may never end.
    pub(crate) async fn open(&self, call: &IsapiRequest) -> Result<Response, DriverError> {
        let _turn = self
            .turn
            .acquire()
            .await
            .map_err(|_| DriverError::Unrecorded(ReportError::Stopping))?;
        self.exchange(call).await
    }

    async fn exchange(&self, call: &IsapiRequest) -> Result<Response, DriverError> {
        loop {
            let first = self
                .http
                .send(call.request(None, ANSWER))
                .await
                .map_err(|source| call.lost(source))?;
            let grant = match self.grant(first).await? {
                Ok(open) => return Ok(open),
                Err(grant) => grant,
            };
            let signed = call.request(self.sign(&grant, call)?, ANSWER);
            let response = self.http.send(signed).await.map_err(|source| call.lost(source))?;
            if response.status != StatusCode::UNAUTHORIZED {
                self.refusals.store(0, Ordering::Relaxed);
                return Ok(response);
            }
            self.refused(response).await?;
        }
    }

    /// Fetches a challenge without saying who we are and without a body: for [`IsapiClient::once`].
    pub(crate) async fn challenge(&self, probe: &IsapiRequest, within: Duration) -> Result<RequestAuth, DriverError> {
        let request = probe.request(None, within.min(ANSWER));
        let response = self.http.send(request).await.map_err(|source| probe.lost(source))?;
        Ok(match self.grant(response).await? {
            Ok(_) => RequestAuth::Open,
            Err(grant) => grant,
        })
    }

    /// Writes a request with its body, once. The future ends at `deadline` at the latest, and with it the writing.
    pub(crate) async fn once(
        &self,
        call: &IsapiRequest,
        grant: &RequestAuth,
        deadline: Instant,
    ) -> Result<WriteResult, DriverError> {
        let within = deadline.saturating_duration_since(Instant::now()).min(ANSWER);
        let request = call.request(self.sign(grant, call)?, within);
        let sending = async {
            let response = self.http.send(request).await?;
            let status = response.status;
            Ok(IsapiResponse {
                status,
                body: response.bytes(LONGEST).await?,
            })
        };
        match tokio::time::timeout(within, sending).await {
            Ok(Ok(answer)) if answer.status == StatusCode::UNAUTHORIZED => {
                Ok(WriteResult::Refused(self.count(&answer.body).err()))
            }
            Ok(Ok(answer)) => {
                self.refusals.store(0, Ordering::Relaxed);
                Ok(WriteResult::Answered(answer))
            }
            Ok(Err(error)) => Ok(WriteResult::Lost(error)),
            Err(_) => Ok(WriteResult::Lost(HttpError::Timeout(within))),
        }
    }

    /// The answer itself where it asks for no name, else what to sign with.
    async fn grant(&self, response: Response) -> Result<Result<Response, RequestAuth>, DriverError> {
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(Ok(response));
        }
        let headers: Vec<String> = response
            .headers
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        if let LockStatus::Locked(wait) = lock::parse(&read(response, LONGEST).await.unwrap_or_default()) {
            return Err(DriverError::LockedOut { wait });
        }
        match (
            digest::offers(headers.iter().map(String::as_str)).into_iter().next(),
            self.login.basic,
        ) {
            (Some(AuthOffer::Digest(challenge)), _) => Ok(Err(RequestAuth::Digest(Box::new(challenge)))),
            (Some(AuthOffer::Basic), BasicAuth::Allowed) => Ok(Err(RequestAuth::Basic)),
            (Some(AuthOffer::Basic), BasicAuth::Refused) => Err(DriverError::Protocol(
                "it offers only Basic, which the settings do not allow".to_owned(),
            )),
            (None, _) => Err(DriverError::Protocol(
                "it offers no way to sign in that we know".to_owned(),
            )),
        }
    }

    fn sign(&self, grant: &RequestAuth, call: &IsapiRequest) -> Result<Option<HeaderValue>, DriverError> {
        let DeviceLogin { username, password, .. } = &self.login;
        let username = username.as_str();
        let value = match grant {
            RequestAuth::Open => return Ok(None),
            RequestAuth::Basic => {
                let pair = Zeroizing::new(format!("{username}:{}", password.as_str()));
                format!(
                    "Basic {}",
                    base64::engine::general_purpose::STANDARD.encode(pair.as_bytes())
                )
            }
            RequestAuth::Digest(challenge) => challenge.authorization(&DigestInput {
                username,
                password,
                method: call.method.as_str(),
                target: &call.target,
                cnonce: &random()?,
            }),
        };
        let mut value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| DriverError::Protocol("its challenge holds control characters".to_owned()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    async fn refused(&self, response: Response) -> Result<(), DriverError> {
        let body = read(response, LONGEST).await.unwrap_or_default();
        self.count(&body)
    }

    /// Counts a refusal; an error once enough is enough.
    fn count(&self, body: &[u8]) -> Result<(), DriverError> {
        let refusals = self.refusals.fetch_add(1, Ordering::Relaxed) + 1;
        match lock::parse(body) {
            LockStatus::Locked(wait) => Err(DriverError::LockedOut { wait }),
            LockStatus::Open(Some(0 | 1)) => Err(DriverError::WrongPassword { wait: PEACE }),
            LockStatus::Open(_) if refusals >= REFUSALS => Err(DriverError::WrongPassword { wait: PEACE }),
            LockStatus::Open(_) => Ok(()),
        }
    }
}

/// 128 bits nobody can guess, as hex.
pub(crate) fn random() -> Result<String, DriverError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| DriverError::Protocol("the edge has no randomness".to_owned()))?;
    Ok(hex(&bytes))
}

async fn read(response: Response, limit: usize) -> Result<Bytes, HttpError> {
    match tokio::time::timeout(ANSWER, response.bytes(limit)).await {
        Ok(body) => body,
        Err(_) => Err(HttpError::Timeout(ANSWER)),
    }
}
