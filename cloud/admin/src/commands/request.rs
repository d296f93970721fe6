//! What is asked of a device or a site: an action, how long it is good for, and the key that makes it count once.
//!
//! Everything is checked here against the protocol's own actions; nothing that passes can be misread by an edge.

use crate::{AdminError, AdminResult, Reason, target::CommandTarget};
use protocol::command::{Action, ActionTarget};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{str::FromStr, time::Duration};

const LONGEST: u64 = 24 * 3600;
const LONGEST_KEY: usize = 128;
const LAST_DOOR: u16 = 64;
const LONGEST_REASON: usize = 200;

/// What is asked.
#[derive(Debug, Clone)]
pub struct CommandRequest {
    /// What to do.
    pub action: Action,
    /// Seconds it is good for, from now; none: as long as such an action usually is.
    pub expires_in_s: Option<u64>,
}

impl CommandRequest {
    /// An action that is good for as long as it usually is.
    pub const fn of(action: Action) -> Self {
        Self {
            action,
            expires_in_s: None,
        }
    }

    /// Tells two requests apart that come with the same key.
    pub(super) fn digest(&self, target: &CommandTarget) -> [u8; 32] {
        let asked = json!({ "target": target.to_string(), "action": &self.action, "expires_in_s": self.expires_in_s });
        Sha256::digest(asked.to_string()).into()
    }

    /// What the protocol's types leave open: whom it is for, door and reason within their limits.
    pub(super) fn checked(self, target: &CommandTarget) -> AdminResult<Self> {
        let fits = match &self.action {
            Action::AccessOpen { door, reason } => {
                (1..=LAST_DOOR).contains(&door.0)
                    && reason
                        .as_ref()
                        .is_none_or(|reason| reason.chars().count() <= LONGEST_REASON)
            }
            Action::PrintTicket(order) | Action::PrintBadge(order) | Action::PrintReport(order) => {
                order.sheet.is_within_limits()
            }
            Action::DeviceRestart {}
            | Action::DeviceReboot {}
            | Action::DeviceIdentify {}
            | Action::DeviceTimeSync {}
            | Action::DeviceTest {}
            | Action::PrintTest {}
            | Action::AgentRestart {}
            | Action::JournalFlush {}
            | Action::JournalExport {}
            | Action::Site(_) => true,
        };
        let (spec, whom) = (self.action.spec(), target.kind());
        if !takes(spec.target, target) {
            let detail = format!("action: {} is not for {whom}.", spec.name);
            return Err(AdminError::new(Reason::Invalid, detail));
        }
        let detail = format!("args: door is 1 to {LAST_DOOR}, reason at most {LONGEST_REASON} characters.");
        if fits {
            Ok(self)
        } else {
            Err(AdminError::new(Reason::Invalid, detail))
        }
    }

    /// How long it is good for. A door's is a minute at most: somebody stands in front of it.
    pub(super) fn lifetime(&self) -> AdminResult<Duration> {
        let longest = self.action.spec().longest.as_secs().min(LONGEST);
        match self.expires_in_s {
            None => Ok(self.action.default_lifetime()),
            Some(seconds) if (1..=longest).contains(&seconds) => Ok(Duration::from_secs(seconds)),
            Some(_) => Err(AdminError::new(
                Reason::Invalid,
                format!("expires_in_s is 1 to {longest} for {}.", self.action.name()),
            )),
        }
    }
}

/// Whether an action for these may be asked of that one.
const fn takes(action: ActionTarget, target: &CommandTarget) -> bool {
    match (action, target) {
        (ActionTarget::Device, CommandTarget::Device(_)) => true,
        (ActionTarget::Device, CommandTarget::Site(_)) => false,
        (ActionTarget::Site | ActionTarget::Edge, CommandTarget::Site(_)) => true,
        (ActionTarget::Site | ActionTarget::Edge, CommandTarget::Device(_)) => false,
    }
}

/// A key that makes a request which is sent twice count once: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to {LONGEST_KEY} visible ASCII characters")]
pub struct KeyError;

impl FromStr for IdempotencyKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let fits = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(KeyError) }
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}
