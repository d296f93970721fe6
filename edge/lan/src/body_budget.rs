//! Bodies in memory: each within its limit and its time, and all together within a budget of bytes.
//!
//! What arrived is charged, never what was announced, and given back when the body is dropped. Callers who are not known
//! share a small budget, in which no network has more than its share; what is known has a budget of its own.

use crate::{ClientNetwork, problem::Problem};
use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Bodies of callers who are not known, bytes: 128 forms of 4 KiB.
const UNKNOWN_BYTES: usize = 512 << 10;
/// What one network may have of it.
const UNKNOWN_SHARE: usize = 128 << 10;
/// Bodies of known devices, screens and administrators, bytes.
const KNOWN_BYTES: usize = 24 << 20;
/// What one of them may have of it: two pushes with a picture.
const KNOWN_SHARE: usize = 8 << 20;
/// Time for a whole body.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Whose body it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum BodySender {
    /// Somebody of this network who has not shown who they are.
    Unknown(ClientNetwork),
    /// A device, a paired screen, an administrator's session.
    Known(String),
}

/// The bytes of all bodies in memory.
#[derive(Clone, Default)]
pub(crate) struct BodyBudget(Arc<Mutex<ChargedBytes>>);

#[derive(Default)]
struct ChargedBytes {
    unknown: usize,
    known: usize,
    by_sender: HashMap<BodySender, usize>,
}

/// A whole body; its bytes are given back with it.
pub struct BudgetedBody {
    pub(crate) bytes: Bytes,
    _charge: BodyCharge,
}

impl BudgetedBody {
    /// What was sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Without what was sent.
impl fmt::Debug for BudgetedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BudgetedBody")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// What one body was charged so far.
struct BodyCharge {
    budget: BodyBudget,
    sender: BodySender,
    bytes: usize,
}

impl BodyBudget {
    /// Reads a body of at most `limit` bytes that is whole in time.
    pub(crate) async fn read_in_time(
        &self,
        sender: BodySender,
        headers: &HeaderMap,
        body: Body,
        limit: usize,
    ) -> Result<BudgetedBody, Problem> {
        let read = tokio::time::timeout(BODY_TIME, self.read(sender, headers, body, limit)).await;
        read.unwrap_or_else(|_| Err(Problem::of_body(StatusCode::REQUEST_TIMEOUT)))
    }

    /// The same for a caller that has its own time for everything.
    pub(crate) async fn read(
        &self,
        sender: BodySender,
        headers: &HeaderMap,
        body: Body,
        limit: usize,
    ) -> Result<BudgetedBody, Problem> {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok());
        let announced = announced.and_then(|text| text.parse::<u64>().ok());
        if announced.is_some_and(|announced| announced > limit as u64) {
            return Err(Problem::of_body(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let mut charge = BodyCharge {
            budget: self.clone(),
            sender,
            bytes: 0,
        };
        let (mut pieces, mut bytes) = (body.into_data_stream(), Vec::new());
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Problem::of_body(StatusCode::BAD_REQUEST))?;
            if bytes.len() + piece.len() > limit {
                return Err(Problem::of_body(StatusCode::PAYLOAD_TOO_LARGE));
            }
            charge.add(piece.len())?;
            bytes.extend_from_slice(&piece);
        }
        Ok(BudgetedBody {
            bytes: bytes.into(),
            _charge: charge,
        })
    }

    fn lock(&self) -> MutexGuard<'_, ChargedBytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes charged now: of those who are not known, and of those who are.
    #[cfg(test)]
    pub(crate) fn charged(&self) -> (usize, usize) {
        let charged = self.lock();
        (charged.unknown, charged.known)
    }
}

impl ChargedBytes {
    fn take(&mut self, sender: &BodySender, bytes: usize) -> Result<(), Problem> {
        let (used, most, share) = match sender {
            BodySender::Unknown(_) => (&mut self.unknown, UNKNOWN_BYTES, UNKNOWN_SHARE),
            BodySender::Known(_) => (&mut self.known, KNOWN_BYTES, KNOWN_SHARE),
        };
        let own = self.by_sender.get(sender).copied().unwrap_or_default();
        if *used + bytes > most || own + bytes > share {
            return Err(Problem::busy(
                "More is being sent than this box takes at once. Send it again.",
            ));
        }
        *used += bytes;
        self.by_sender.insert(sender.clone(), own + bytes);
        Ok(())
    }

    fn give_back(&mut self, sender: &BodySender, bytes: usize) {
        let used = match sender {
            BodySender::Unknown(_) => &mut self.unknown,
            BodySender::Known(_) => &mut self.known,
        };
        *used = used.saturating_sub(bytes);
        if let Some(own) = self.by_sender.get_mut(sender) {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                self.by_sender.remove(sender);
            }
        }
    }
}

impl BodyCharge {
    fn add(&mut self, bytes: usize) -> Result<(), Problem> {
        self.budget.lock().take(&self.sender, bytes)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for BodyCharge {
    fn drop(&mut self) {
        self.budget.lock().give_back(&self.sender, self.bytes);
    }
}

impl fmt::Debug for BodyBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyBudget").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> BodySender {
        BodySender::Unknown(ClientNetwork::of(Some([192, 168, 1, last].into())))
    }

    async fn whole(budget: &BodyBudget, sender: BodySender, length: usize) -> Result<BudgetedBody, Problem> {
        let body = Body::from(vec![b'a'; length]);
        budget.read(sender, &HeaderMap::new(), body, 64 << 10).await
    }

    #[tokio::test]
    async fn all_bodies_of_strangers_together_are_bounded_and_no_network_has_them_all() {
        let (budget, mut held) = (BodyBudget::default(), Vec::new());
        for _ in 0..2 {
            held.push(whole(&budget, network(1), 64 << 10).await.expect("within its share"));
        }
        let refused = whole(&budget, network(1), 1).await.expect_err("its share is used up");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        for last in 2..5 {
            for _ in 0..2 {
                held.push(
                    whole(&budget, network(last), 64 << 10)
                        .await
                        .expect("others have theirs"),
                );
            }
        }
        assert_eq!(budget.charged(), (UNKNOWN_BYTES, 0));
        assert!(
            whole(&budget, network(9), 1).await.is_err(),
            "and all together are bounded"
        );
        let device = BodySender::Known("gate".to_owned());
        assert!(
            whole(&budget, device, 64 << 10).await.is_ok(),
            "what is known is served"
        );
        held.clear();
        assert_eq!(budget.charged(), (0, 0));
    }

    #[tokio::test]
    async fn what_is_announced_is_not_charged_and_what_is_too_long_is_not_read() {
        let budget = BodyBudget::default();
        let silent = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, "4000".parse().expect("text"))]);
        {
            let mut reading = Box::pin(budget.read(network(1), &headers, silent, 4096));
            assert!(futures_util::poll!(reading.as_mut()).is_pending());
            assert_eq!(budget.charged(), (0, 0));
        }
        let silent = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = budget.read(network(1), &headers, silent, 3999).await.err();
        assert_eq!(
            refused.map(|problem| problem.status()),
            Some(StatusCode::PAYLOAD_TOO_LARGE)
        );
    }
}
