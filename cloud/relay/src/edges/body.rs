//! The body of a request, received within limits of size, time and memory.
//!
//! Only what has arrived is charged, to whoever sent it: what a header announces takes no room. A body that comes too
//! slowly is not waited for, and where there is no room the answer is a refusal, never a wait.

use super::{admission::BodyOwner, refusal::Refusal};
use crate::quota_pool::{QuotaExceeded, QuotaLease};
use axum::body::Body;
use futures_util::StreamExt as _;
use std::{ops::Deref, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(60);
/// How long nothing of it may arrive.
const STALL_TIME: Duration = Duration::from_secs(10);
/// Bytes a second that a body has to come with, once it has taken longer than [`STALL_TIME`]: below what a batch of the
/// smallest size an edge tries needs to arrive in time.
const MIN_RATE: u64 = 256;

/// A body that is here, and the room it takes.
#[derive(Debug)]
pub(super) struct ReceivedBody {
    bytes: Vec<u8>,
    _lease: QuotaLease<BodyOwner>,
}

impl Deref for ReceivedBody {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Receives a body of at most `limit` bytes.
pub(super) async fn receive(
    body: Body,
    limit: usize,
    mut lease: QuotaLease<BodyOwner>,
) -> Result<ReceivedBody, Refusal> {
    let (started, mut bytes) = (Instant::now(), Vec::new());
    let mut chunks = body.into_data_stream();
    loop {
        let deadline = (Instant::now() + STALL_TIME).min(started + BODY_TIME);
        let next = timeout_at(deadline, chunks.next()).await.map_err(|_| Refusal::Slow)?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|_| Refusal::Malformed("the body broke off"))?;
        if chunk.len() > limit.saturating_sub(bytes.len()) {
            return Err(Refusal::TooLarge { limit });
        }
        lease.grow(chunk.len()).map_err(|QuotaExceeded| Refusal::Busy)?;
        bytes.extend_from_slice(&chunk);
        let elapsed = started.elapsed();
        if elapsed > STALL_TIME && (bytes.len() as u64) < elapsed.as_secs().saturating_mul(MIN_RATE) {
            return Err(Refusal::Slow);
        }
    }
    Ok(ReceivedBody { bytes, _lease: lease })
}
