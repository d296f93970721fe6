//! Wrong PINs: at one desk and for one person, so that nobody locks a colleague out at another window, and nobody's own
//! PIN makes room for guesses at a colleague's.
//!
//! Locks outlive a restart; a desk also has a pace for all PINs together, so that not everybody's is tried there in turn.

use edge_kernel::{Port, Refusal, Table};
use edge_lan::{
    rate::{RateAllowance, RateLimiter},
    throttle::{SignInThrottle, SignInWait, ThrottlePolicy},
};
use protocol::{PersonId, id::ScreenId};
use std::time::Duration;
use tokio::{sync::OnceCell, time::Instant};

/// Five tries are free, then a minute, two, four, up to a quarter of an hour.
const PINS: ThrottlePolicy = ThrottlePolicy {
    free: 5,
    first: Duration::from_secs(60),
    longest: Duration::from_secs(900),
};
/// PINs of one desk, whosever they are.
const OF_ONE_DESK: RateAllowance = RateAllowance {
    burst: 30,
    refill: Duration::from_secs(60),
};
/// What the key of a lock begins with.
const KEY: &str = "pin-tries/";

/// At which desk, whose PIN.
type PinKey = (ScreenId, PersonId);

/// See the module.
#[derive(Debug)]
pub(crate) struct PinAttempts {
    port: Port,
    loaded: OnceCell<()>,
    throttle: SignInThrottle<PinKey>,
    desks: RateLimiter<ScreenId>,
}

impl PinAttempts {
    pub(crate) fn new(port: Port) -> Self {
        Self {
            port,
            loaded: OnceCell::new(),
            throttle: SignInThrottle::new(PINS),
            desks: RateLimiter::new(OF_ONE_DESK),
        }
    }

    /// Whether another PIN is looked at now; it counts as a wrong one until it was right.
    pub(super) async fn begin(&self, desk: &ScreenId, person: PersonId) -> Result<Result<(), SignInWait>, Refusal> {
        self.load_once().await?;
        let now = Instant::now();
        if let Err(exceeded) = self.desks.take(desk, now) {
            return Ok(Err(SignInWait { wait: exceeded.wait }));
        }
        let begun = self.throttle.begin(&(desk.clone(), person), now);
        if let Ok(wrong) = begun
            && wrong >= PINS.free
        {
            self.keep(desk, person, Some(wrong));
        }
        Ok(begun.map(|_| ()))
    }

    pub(super) fn was_right(&self, desk: &ScreenId, person: PersonId) {
        self.throttle.was_right(&(desk.clone(), person));
        self.keep(desk, person, None);
    }

    fn keep(&self, desk: &ScreenId, person: PersonId, wrong: Option<u32>) {
        let (port, key) = (self.port.clone(), format!("{KEY}{desk}/{person}"));
        let value = wrong.map(|wrong| wrong.to_string().into_bytes());
        tokio::spawn(async move {
            if let Err(refusal) = port.store(Table::Local, key, value).await {
                tracing::warn!(%refusal, "a restart will forget wrong PINs");
            }
        });
    }

    async fn load_once(&self) -> Result<(), Refusal> {
        let load = self.loaded.get_or_try_init(|| async {
            for (key, value) in self.port.table(Table::Local).await? {
                let names = key.strip_prefix(KEY).and_then(|names| names.split_once('/'));
                let whose = names.and_then(|(desk, person)| desk.parse().ok().zip(person.parse().ok()));
                let wrong = String::from_utf8(value).ok().and_then(|text| text.parse().ok());
                if let Some((whose, wrong)) = whose.zip(wrong) {
                    self.throttle.restore(whose, wrong, Instant::now());
                }
            }
            Ok::<(), Refusal>(())
        });
        load.await?;
        Ok(())
    }
}
