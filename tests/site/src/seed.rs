//! Where the randomness of a scenario comes from: printed, so that a failure can be played again.
//!
//! Nothing else in a scenario is random.

use anyhow::{Context as _, Result, anyhow};
use tests_world::rng::Rng;

/// Environment variable that decides every random choice of a scenario.
pub const VARIABLE: &str = "OSTONA_SEED";

/// The random numbers of a scenario, fresh unless `OSTONA_SEED` names a seed; prints which.
#[expect(
    clippy::print_stderr,
    reason = "the seed belongs into the output of a test that failed"
)]
pub fn rng(scenario: &str) -> Result<Rng> {
    let seed = match std::env::var(VARIABLE) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{VARIABLE} is {text:?}, not a number"))?,
        Err(_) => fresh()?,
    };
    eprintln!("{scenario}: play it again with {VARIABLE}={seed}");
    Ok(Rng::new(seed))
}

fn fresh() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness for a seed: {error}"))?;
    Ok(u64::from_le_bytes(bytes))
}
