//! Joining: asking to work under an identity, so that two copies of one SD card cannot both do so unseen.
//!
//! The attempt is on disk before it is sent and the counter after it was given, as [`protocol::control::JoinRequest`] asks.

use crate::{
    client::{CallBody, CallError, CloudCall, CloudClient},
    history::{self, JournalHistory},
    identity::{EdgeIdentity, EdgeIdentityError},
};
use edge_kernel::Port;
use protocol::{
    Actor, Fact, Lane, LaneCursors,
    control::{JOIN_PATH, JoinReply, JoinRequest},
    fact::Audit,
    key::PublicKey,
    key_succession,
    text::AgentVersion,
};
use std::{sync::Arc, time::Duration};

/// Why the edge has not joined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoinError {
    #[error("cannot keep the join on disk")]
    Identity(#[source] EdgeIdentityError),
    #[error("the system has no randomness")]
    Entropy(#[source] getrandom::Error),
    #[error("cannot join")]
    Call(#[source] CallError),
    #[error("this box was restored from a copy: it joins again under the next epoch")]
    Restored,
    #[error("the edge is stopping")]
    Stopping,
}

/// Joins, or says why not. Either way the identity on disk has moved on.
pub(crate) async fn join(
    cloud: &CloudClient,
    identity: &mut EdgeIdentity,
    port: &Arc<Port>,
    version: &AgentVersion,
) -> Result<JoinReply, JoinError> {
    let held = may_be_known(port).await?;
    let attempt = on_disk(identity, move |identity| {
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(JoinError::Entropy)?;
        identity.attempt(entropy, held).map_err(JoinError::Identity)
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
            epoch: identity.epoch(),
        },
    )
    .await;
    let keys = match &answer {
        Ok(joined) => accepted_keys(port, identity, joined).await,
        Err(_) => Vec::new(),
    };
    let history = match &answer {
        Ok(joined) => compared(port, joined, identity.held()).await?,
        Err(_) => JournalHistory::Same,
    };
    on_disk(identity, move |identity| match answer {
        Ok(joined) => {
            identity
                .joined(joined.counter, &keys, history)
                .map_err(JoinError::Identity)?;
            match history {
                JournalHistory::Same => Ok(joined),
                JournalHistory::Restored => Err(JoinError::Restored),
            }
        }
        Err(error @ CallError::Refused(_)) => {
            identity.refused().map_err(JoinError::Identity)?;
            Err(JoinError::Call(error))
        }
        Err(error) => Err(JoinError::Call(error)),
    })
    .await
}

/// The keys that the cloud signs with from now on; none where those it names do not follow from the ones that are trusted:
/// then the old ones stay, and it is on record.
async fn accepted_keys(port: &Port, identity: &EdgeIdentity, joined: &JoinReply) -> Vec<PublicKey> {
    match key_succession::follow(identity.command_keys(), &joined.command_keys, &joined.key_successions) {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(%error, "the cloud signs with a key that is not taken: enrol this edge anew if that is right");
            let refused = Fact::Audited(Audit {
                action: "command_key.refused".into(),
                entity: None,
                detail: Some(error.to_string()),
            });
            if let Err(refusal) = port.record(Actor::Edge, vec![refused.into()]).await {
                tracing::warn!(%refusal, "a refused key could not be recorded");
            }
            Vec::new()
        }
    }
}

/// What the journal holds that the cloud may have been told: by this run, or by those before it.
async fn may_be_known(port: &Port) -> Result<LaneCursors, JoinError> {
    let status = port.status().await.map_err(|_| JoinError::Stopping)?;
    let opened = port.opened();
    Ok(Lane::ALL.into_iter().fold(opened, |held, lane| {
        held.with(lane, opened.of(lane).max(status.cursor.of(lane)))
    }))
}

/// Compares what the cloud has with the journal, and leaves word in the journal where it is something else.
async fn compared(port: &Arc<Port>, joined: &JoinReply, held: LaneCursors) -> Result<JournalHistory, JoinError> {
    let (reader, reply) = (Arc::clone(port), joined.clone());
    let compared = tokio::task::spawn_blocking(move || history::compare(&reader, &reply)).await;
    let compared = compared.map_err(|_| JoinError::Stopping)?;
    if compared == JournalHistory::Restored {
        history::explain(port, held).await;
    }
    Ok(compared)
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
