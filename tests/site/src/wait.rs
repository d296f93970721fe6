//! Waiting for a condition, never for a length of time.
//!
//! What is given up says what was wrong when it was looked at last.

use anyhow::{Context as _, Result};
use std::{future::Future, time::Duration};
use tokio::time::{Instant, sleep};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// For what happens at once on a machine with nothing else to do.
pub const SOON: Duration = Duration::from_secs(30);
/// For what waits for the uplink's longest pause after failures (60 s) and the work after it.
pub const LONG: Duration = Duration::from_secs(150);

/// Looks until `look` succeeds, and gives what it gave; after `limit` the last failure.
pub async fn until<T, F>(what: &str, limit: Duration, mut look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let deadline = Instant::now() + limit;
    loop {
        match look().await {
            Ok(found) => return Ok(found),
            Err(error) if Instant::now() >= deadline => {
                return Err(error).with_context(|| format!("not within {limit:?}: {what}"));
            }
            Err(_) => sleep(LOOK).await,
        }
    }
}
