//! Audit events of the broker: failed sign-ins, refused publications, lost deliveries.
//!
//! The same thing is told once a minute at most, so that nobody on the LAN can fill the journal with refusals.

use crate::kernel_port::KernelPort;
use protocol::{
    Actor, DeviceId, Fact,
    fact::{Audit, AuthFailure},
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long the same thing is not told again.
const QUIET: Duration = Duration::from_secs(60);
/// Different things remembered at once; beyond that nothing new is told until some are forgotten.
const REMEMBERED: usize = 512;
/// How often the same payload is refused before it is taken and thrown away (3.1.1 only).
const MAX_REFUSALS: u8 = 3;

/// Records what was refused or lost.
pub(crate) struct AuditLog {
    kernel: Arc<dyn KernelPort>,
    recorded: Mutex<HashMap<String, Instant>>,
    refused_payloads: Mutex<HashMap<DeviceId, (u64, u8)>>,
}

impl AuditLog {
    pub(crate) fn new(kernel: Arc<dyn KernelPort>) -> Self {
        Self {
            kernel,
            recorded: Mutex::default(),
            refused_payloads: Mutex::default(),
        }
    }

    /// Somebody failed to sign in. `device` only where it is known: foreign names do not reach the journal.
    pub(crate) fn sign_in_failed(&self, ip: IpAddr, device: Option<&DeviceId>, reason: &str) {
        let key = match device {
            Some(device) => format!("auth {ip} {device}"),
            None => format!("auth {ip}"),
        };
        let failure = AuthFailure {
            method: "mqtt".into(),
            device: device.cloned(),
            ip: Some(ip.to_string().into()),
            reason: reason.into(),
            retry_after_s: None,
        };
        self.record(key, Fact::AuthFailed(failure));
    }

    /// Something was refused or lost. `action` is dotted; `detail` holds no payload.
    pub(crate) fn audit(&self, device: &DeviceId, action: &'static str, detail: String) {
        let entity = Some(device.into());
        let audit = Audit {
            action: action.into(),
            entity,
            detail: Some(detail),
        };
        self.record(format!("{action} {device}"), Fact::Audited(audit));
    }

    /// Whether this payload was refused often enough to be swallowed, lest a 3.1.1 device resend it for ever.
    pub(crate) fn was_refused_often(&self, device: &DeviceId, payload: &[u8]) -> bool {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one(payload);
        let mut poison = self.refused_payloads.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = poison.entry(device.clone()).or_insert((hash, 0));
        if entry.0 != hash {
            *entry = (hash, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1 >= MAX_REFUSALS
    }

    fn record(&self, key: String, fact: Fact) {
        let now = Instant::now();
        {
            let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
            if recorded.len() >= REMEMBERED {
                recorded.retain(|_, at| now.duration_since(*at) < QUIET);
            }
            let recent = recorded.get(&key).is_some_and(|at| now.duration_since(*at) < QUIET);
            if recent || recorded.len() >= REMEMBERED {
                return;
            }
            recorded.insert(key, now);
        }
        tracing::warn!(fact = fact.name(), "the broker refused something");
        let kernel = Arc::clone(&self.kernel);
        tokio::spawn(async move {
            if let Err(refusal) = kernel.record_later(Actor::Edge, vec![fact.into()]).await {
                tracing::warn!(%refusal, "cannot record what the broker refused");
            }
        });
    }
}
