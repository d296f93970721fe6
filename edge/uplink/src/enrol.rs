//! Enrolment: a new key, a one-time code, and from then on a name.
//!
//! The key is on disk before the cloud hears of it, and a lost answer is asked for again with the same key, so no code
//! is wasted. An edge that has an identity is never given another one.

use crate::{
    client::{CallBody, CallError, CloudCall, CloudClient},
    cloud_url::{CloudUrl, CloudUrlError},
    identity::{self, EdgeIdentity, EdgeIdentityError, Seed},
    jitter::random,
    settings::Settings,
    signature_clock::{CloudTime, SignatureClock},
    tls::UplinkTlsError,
};
use edge_atomic_file as atomic_file;
use edge_backoff::Backoff;
use edge_kernel::EdgeClock;
use edge_seal::SealingKey;
use protocol::{
    EdgeId,
    enrolment::{Code, EnrolmentReply, PATH, Request},
    http_signature::content_digest,
    text::{AgentVersion, BoardSerial},
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const KIND: &str = "ostona-enrolment";
const TRIES: u32 = 4;

/// What an enrolment needs to know.
#[derive(Debug)]
pub struct EnrolOptions {
    /// Where the cloud is.
    pub cloud: CloudUrl,
    /// The one-time code that it issued.
    pub code: Code,
    /// Where the identity will be. The key waits beside it, in `<name>.pending`, until the cloud has answered.
    pub identity: PathBuf,
    /// What the identity is sealed with.
    pub seal: Option<SealingKey>,
    /// Proxy, roots and patience.
    pub settings: Settings,
    /// Serial number of the board, for people.
    pub serial: BoardSerial,
    /// Version of the agent.
    pub version: AgentVersion,
    /// The edge's clock.
    pub clock: Arc<dyn EdgeClock>,
    /// Where the cloud's time goes.
    pub cloud_time: Arc<dyn CloudTime>,
}

/// Why an edge was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// It has a name already.
    #[error("this edge is enrolled already, as {edge}")]
    Already {
        /// Which.
        edge: EdgeId,
    },
    /// Not a cloud to speak to.
    #[error("this cloud cannot be used")]
    Cloud(#[source] CloudUrlError),
    /// TLS, or the proxy, is not set up right.
    #[error("the uplink's settings cannot be used")]
    Tls(#[source] UplinkTlsError),
    /// The key or the identity cannot be kept.
    #[error("cannot keep the identity")]
    Identity(#[source] EdgeIdentityError),
    /// The code is wrong, used up or too old.
    #[error("the cloud does not accept this code ({status} {title}); ask for a new one")]
    Code {
        /// HTTP status.
        status: u16,
        /// What the cloud says, for people.
        title: String,
    },
    /// The system has no randomness to make a key of.
    #[error("the system has no randomness")]
    Entropy(#[source] getrandom::Error),
    /// The cloud did not answer, or not sensibly. Trying again with the same code is safe.
    #[error("cannot enrol now")]
    Call(#[source] CallError),
}

/// A key whose enrolment was not answered yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PendingEnrolment {
    cloud: CloudUrl,
    /// Digest of the code that it goes with: another code gets another key.
    code: String,
    seed: Seed,
}

/// Enrols this edge.
pub async fn enrol(options: EnrolOptions) -> Result<EdgeIdentity, EnrolError> {
    let EnrolOptions {
        cloud: cloud_url,
        code,
        identity: path,
        seal,
        settings,
        serial,
        version,
        clock,
        cloud_time,
    } = options;
    cloud_url.check(settings.plain).map_err(EnrolError::Cloud)?;
    match EdgeIdentity::load(&path, seal.as_ref()) {
        Ok(identity) => return Err(EnrolError::Already { edge: identity.edge() }),
        Err(EdgeIdentityError::Absent { .. }) => {}
        Err(damaged) => return Err(EnrolError::Identity(damaged)),
    }
    let beside = atomic_file::with_suffix(&path, ".pending");
    let pending = pending(&beside, &cloud_url, &code, seal.as_ref())?;
    let key = Arc::new(pending.seed.key());
    let request = Request {
        code,
        key: key.public(),
        serial,
        version,
    };
    let wall_clock = SignatureClock { clock, cloud_time };
    let cloud = CloudClient::new(&settings, cloud_url, key, wall_clock).map_err(EnrolError::Tls)?;
    let enrolled = ask(&cloud, &request, &settings).await?;
    let identity = EdgeIdentity::create(&path, pending.cloud, pending.seed, enrolled, seal.as_ref())
        .map_err(EnrolError::Identity)?;
    atomic_file::remove(&beside)
        .map_err(|source| EnrolError::Identity(EdgeIdentityError::Write { path: beside, source }))?;
    tracing::info!(edge = %identity.edge(), site = identity.site_name(), "enrolled");
    Ok(identity)
}

/// The key that was made for this cloud and code before, or a new one.
fn pending(
    path: &Path,
    cloud: &CloudUrl,
    code: &Code,
    seal: Option<&SealingKey>,
) -> Result<PendingEnrolment, EnrolError> {
    let code = content_digest(code.expose().as_bytes());
    match identity::read::<PendingEnrolment>(KIND, path, seal) {
        Ok(pending) if pending.cloud == *cloud && pending.code == code => return Ok(pending),
        Ok(_) | Err(EdgeIdentityError::Absent { .. }) => {}
        Err(damaged) => return Err(EnrolError::Identity(damaged)),
    }
    let pending = PendingEnrolment {
        cloud: cloud.clone(),
        code,
        seed: Seed::random().map_err(EnrolError::Entropy)?,
    };
    identity::write(KIND, path, &pending, seal).map_err(EnrolError::Identity)?;
    Ok(pending)
}

async fn ask(cloud: &CloudClient, request: &Request, settings: &Settings) -> Result<EnrolmentReply, EnrolError> {
    let doing = "enrol";
    let failed = |source| EnrolError::Call(CallError::Answer { doing, source });
    let body = serde_json::to_vec(request).map_err(failed)?;
    let call = CloudCall {
        doing,
        path: PATH,
        body: CallBody::Json(body.into()),
        wait: Duration::ZERO,
    };
    let mut backoff = Backoff::new(settings.timing.backoff, settings.timing.ceiling);
    let mut tries = 1;
    loop {
        match cloud.call(&call).await {
            Ok(answer) => return serde_json::from_slice(&answer).map_err(failed),
            Err(CallError::Status {
                status: status @ (403 | 409 | 410),
                title,
                ..
            }) => {
                return Err(EnrolError::Code { status, title });
            }
            Err(error) => {
                if tries == TRIES || error.refused_status().is_some() {
                    return Err(EnrolError::Call(error));
                }
                tries += 1;
                tracing::info!(%error, "enrolment was not answered, trying again");
                tokio::time::sleep(backoff.after_failure(random())).await;
            }
        }
    }
}
