//! What an auditor hears of the LAN port: who was not let in, what was not understood.
//!
//! The same thing is told once a minute at most, so that nobody on the LAN can fill the journal with refusals.

use edge_kernel::Port;
use protocol::{
    Actor, DeviceId, Fact,
    fact::{Audit, AuthFailure},
    text::RemoteAddress,
};
use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long the same thing is not told again.
const QUIET: Duration = Duration::from_secs(60);
/// Different things remembered at once; beyond that nothing new is told until some are forgotten.
const REMEMBERED: usize = 512;

/// Tells an auditor.
pub struct RefusalLog {
    port: Port,
    told: Mutex<HashMap<String, Instant>>,
}

impl RefusalLog {
    pub(crate) fn new(port: Port) -> Self {
        Self {
            port,
            told: Mutex::default(),
        }
    }

    /// Somebody was not let in. Names that anybody can make up do not reach the journal.
    pub fn not_let_in(&self, method: &'static str, from: Option<IpAddr>) {
        let ip = from.map(|ip| ip.to_string());
        let key = format!("{method} {}", ip.as_deref().unwrap_or_default());
        let failure = AuthFailure {
            method: method.into(),
            device: None,
            ip: ip.map(RemoteAddress::from),
            reason: "bad_token".into(),
            retry_after_s: None,
        };
        self.tell(key, Fact::AuthFailed(failure));
    }

    /// A device that was let in said something that cannot be taken. `detail` quotes nothing of it.
    pub fn not_understood(&self, device: &DeviceId, detail: &str) {
        let audit = Audit {
            action: "local.report.refused".into(),
            entity: Some(device.into()),
            detail: Some(detail.to_owned()),
        };
        self.tell(format!("report {device}"), Fact::Audited(audit));
    }

    fn tell(&self, key: String, fact: Fact) {
        let now = Instant::now();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() >= REMEMBERED {
                told.retain(|_, at| now.duration_since(*at) < QUIET);
            }
            let recent = told.get(&key).is_some_and(|at| now.duration_since(*at) < QUIET);
            if recent || told.len() >= REMEMBERED {
                return;
            }
            told.insert(key, now);
        }
        tracing::warn!(fact = fact.name(), "the LAN port refused something");
        let port = self.port.clone();
        tokio::spawn(async move {
            if let Err(refusal) = port.record_later(Actor::Edge, vec![fact.into()]).await {
                tracing::warn!(%refusal, "cannot record what the LAN port refused");
            }
        });
    }
}

impl fmt::Debug for RefusalLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusalLog").finish_non_exhaustive()
    }
}
