//! Who may try the password of the box's settings now: slower and slower for a network that was wrong, and for all networks
//! together that never got in.
//!
//! Nobody is locked out by somebody else: a network the administrator came from before has its own tries only, and
//! whoever reads the box's code off the box waits for nobody. Locks of the account outlive a restart.

use crate::{
    ClientNetwork,
    rate::{RateAllowance, RateLimiter},
    throttle::{SignInThrottle, SignInWait, ThrottlePolicy},
};
use edge_kernel::{Port, Refusal, Table};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Five tries of a network are free, then a minute, two, four, up to an hour.
const OF_ONE_NETWORK: ThrottlePolicy = ThrottlePolicy {
    free: 5,
    first: Duration::from_secs(60),
    longest: Duration::from_secs(3600),
};
/// Tries of all networks nobody ever got in from.
const OF_THE_ACCOUNT: ThrottlePolicy = ThrottlePolicy {
    free: 30,
    first: Duration::from_secs(2),
    longest: Duration::from_secs(300),
};
/// Guesses at the box's code, which has eight digits.
const CODES: RateAllowance = RateAllowance {
    burst: 5,
    refill: Duration::from_secs(720),
};
/// Networks remembered that the administrator came from.
const KNOWN: usize = 16;
/// Where that is kept, and how many wrong tries there were.
const KEY: &str = "admin-tries";

/// See the module.
pub(crate) struct SignInLimits {
    networks: SignInThrottle<ClientNetwork>,
    account: SignInThrottle<()>,
    codes: RateLimiter<ClientNetwork>,
    kept: Mutex<KeptTries>,
}

/// What a restart must not forget.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct KeptTries {
    /// Wrong tries of networks nobody got in from.
    #[serde(default)]
    wrong: u32,
    /// Where the administrator came from, the latest last.
    #[serde(default)]
    known: Vec<ClientNetwork>,
}

/// Whether the account's own tries count, beside the network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInSecret {
    /// The password.
    Password,
    /// The box's code: there is no account yet.
    Code,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            networks: SignInThrottle::new(OF_ONE_NETWORK),
            account: SignInThrottle::new(OF_THE_ACCOUNT),
            codes: RateLimiter::new(CODES),
            kept: Mutex::default(),
        }
    }
}

impl SignInLimits {
    /// Reads what was kept.
    pub(crate) async fn load(&self, port: &Port) -> Result<(), Refusal> {
        let table = port.table(Table::Local).await?;
        let kept = table.into_iter().find(|(key, _)| key == KEY);
        let kept = kept.and_then(|(_, bytes)| serde_json::from_slice::<KeptTries>(&bytes).ok());
        if let Some(kept) = kept {
            self.account.restore((), kept.wrong, Instant::now());
            *self.lock() = kept;
        }
        Ok(())
    }

    /// Begins a try, which counts as wrong until it was right.
    pub(crate) fn begin(&self, port: &Port, from: ClientNetwork, secret: SignInSecret) -> Result<(), SignInWait> {
        let now = Instant::now();
        self.networks.begin(&from, now)?;
        if secret == SignInSecret::Code || self.lock().known.contains(&from) {
            return Ok(());
        }
        let wrong = self
            .account
            .begin(&(), now)
            .inspect_err(|_| self.networks.was_not_judged(&from))?;
        if wrong >= OF_THE_ACCOUNT.free {
            let mut kept = self.lock();
            kept.wrong = wrong;
            keep(port, &kept);
        }
        Ok(())
    }

    /// Whether a guess at the box's code is looked at: whoever knows it waits for nobody else's tries.
    pub(crate) fn may_guess_code(&self, from: ClientNetwork) -> Result<(), SignInWait> {
        let taken = self.codes.take(&from, Instant::now());
        taken.map_err(|exceeded| SignInWait { wait: exceeded.wait })
    }

    /// Somebody got in from there.
    pub(crate) fn was_right(&self, port: &Port, from: ClientNetwork) {
        self.networks.was_right(&from);
        let mut kept = self.lock();
        if kept.known.last() == Some(&from) && kept.wrong == 0 {
            return;
        }
        self.account.was_right(&());
        kept.wrong = 0;
        kept.known.retain(|network| *network != from);
        kept.known.push(from);
        let over = kept.known.len().saturating_sub(KNOWN);
        kept.known.drain(..over);
        keep(port, &kept);
    }

    fn lock(&self) -> MutexGuard<'_, KeptTries> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On disk within about a second; nobody waits for it.
fn keep(port: &Port, kept: &KeptTries) {
    let (port, bytes) = (port.clone(), serde_json::to_vec(kept).ok());
    tokio::spawn(async move {
        if let Err(refusal) = port.store(Table::Local, KEY.to_owned(), bytes).await {
            tracing::warn!(%refusal, "a restart will forget wrong passwords");
        }
    });
}
