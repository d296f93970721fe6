//! Joining: asking to work under an identity, so that two copies of one SD card cannot both do so unseen.
//!
//! The attempt is on disk before it is sent and the counter after it was given, as [`protocol::control::JoinRequest`] asks.

use crate::{
    client::{CallBody, CallError, CloudCall, CloudClient},
    identity::{EdgeIdentity, EdgeIdentityError},
};
use protocol::{
    Epoch,
    control::{JOIN_PATH, JoinReply, JoinRequest},
    text::AgentVersion,
};
use std::time::Duration;

/// Why the edge has not joined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoinError {
    #[error("cannot keep the join on disk")]
    Identity(#[source] EdgeIdentityError),
    #[error("the system has no randomness")]
    Entropy(#[source] getrandom::Error),
    #[error("cannot join")]
    Call(#[source] CallError),
    #[error("the edge is stopping")]
    Stopping,
}

/// Joins, or says why not. Either way the identity on disk has moved on.
pub(crate) async fn join(
    cloud: &CloudClient,
    identity: &mut EdgeIdentity,
    epoch: Epoch,
    version: &AgentVersion,
) -> Result<JoinReply, JoinError> {
    let attempt = on_disk(identity, |identity| {
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(JoinError::Entropy)?;
        identity.attempt(entropy).map_err(JoinError::Identity)
    })
    .await?;
    let version = version.clone();
    let answer = ask(
        cloud,
        &JoinRequest {
            edge: identity.edge(),
            counter: identity.join(),
            attempt,
            version,
            epoch,
        },
    )
    .await;
    on_disk(identity, |identity| match answer {
        Ok(joined) => {
            identity
                .joined(joined.counter, &joined.command_keys)
                .map_err(JoinError::Identity)?;
            Ok(joined)
        }
        Err(error @ CallError::Refused(_)) => {
            identity.refused().map_err(JoinError::Identity)?;
            Err(JoinError::Call(error))
        }
        Err(error) => Err(JoinError::Call(error)),
    })
    .await
}

async fn ask(cloud: &CloudClient, join: &JoinRequest) -> Result<JoinReply, CallError> {
    let doing = "join";
    let body = serde_json::to_vec(join).map_err(|source| CallError::Answer { doing, source })?;
    let call = CloudCall {
        doing,
        path: JOIN_PATH,
        body: CallBody::Json(body.into()),
        wait: Duration::ZERO,
    };
    let answer = cloud.call(&call).await?;
    serde_json::from_slice(&answer).map_err(|source| CallError::Answer { doing, source })
}

/// Does file work off the runtime.
async fn on_disk<T: Send + 'static>(
    identity: &mut EdgeIdentity,
    work: impl FnOnce(&mut EdgeIdentity) -> Result<T, JoinError> + Send + 'static,
) -> Result<T, JoinError> {
    let mut copy = identity.copy();
    let done = tokio::task::spawn_blocking(move || (work(&mut copy), copy)).await;
    let (done, copy) = done.map_err(|_| JoinError::Stopping)?;
    *identity = copy;
    done
}
