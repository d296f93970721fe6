//! What is asked of a device or a site: an action, and how long it is good for.
//!
//! Everything is checked here against the protocol's own actions; nothing that passes can be misread by an edge.

use crate::{AdminError, AdminErrorKind, AdminResult, target::CommandTarget};
use cloud_store::idempotency::IdempotencyKey;
use protocol::{
    Lang, Timestamp,
    command::{Action, ActionTarget, SiteAction},
    id::{ServiceId, TicketId},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// Seconds that a command asked for over an interface is good for at most, whatever its action allows.
pub const LONGEST: u64 = 24 * 3600;
const LAST_DOOR: u16 = 64;
const LONGEST_REASON: usize = 200;
const LONGEST_MESSAGE_S: u32 = 86_400;
const BEST_SCORE: u8 = 5;

/// What is asked.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// What to do.
    pub action: Action,
    /// Seconds it is good for, from now; none: as long as such an action usually is.
    pub expires_in_s: Option<u64>,
}

impl ActionRequest {
    /// An action that is good for as long as it usually is.
    pub const fn of(action: Action) -> Self {
        Self {
            action,
            expires_in_s: None,
        }
    }

    /// A ticket for somebody whom its number is told: the same ticket for the same key. Nobody has the token that a phone's
    /// page of it would need.
    pub fn ticket(service: ServiceId, lang: Lang, key: &IdempotencyKey) -> Self {
        let id = Sha256::digest(key.as_str());
        let token = Sha256::digest(id);
        Self::of(Action::Site(SiteAction::QueueIssue {
            ticket: TicketId::new(Timestamp::from_millis(0), id.first_chunk().copied().unwrap_or_default()),
            service,
            lang,
            token_hash: protocol::Digest::from_bytes(token.into()).into(),
        }))
    }

    /// Tells two requests apart that come with the same key.
    pub(super) fn digest(&self, target: &CommandTarget) -> [u8; 32] {
        let asked = json!({ "target": target.to_string(), "action": &self.action, "expires_in_s": self.expires_in_s });
        Sha256::digest(asked.to_string()).into()
    }

    /// What the protocol's types leave open: whom it is for, and its arguments within their limits.
    pub(super) fn checked(self, target: &CommandTarget) -> AdminResult<Self> {
        let (spec, whom) = (self.action.spec(), target.kind());
        let refused = |detail: String| Err(AdminError::new(AdminErrorKind::Invalid, detail));
        if !takes(spec.target, target) {
            return refused(format!("action: {} is not for {whom}.", spec.name));
        }
        match limit_broken(&self.action) {
            Some(limit) => refused(format!("args: {limit}.")),
            None => Ok(self),
        }
    }

    /// How long it is good for. A door's is a minute at most: somebody stands in front of it.
    pub(super) fn lifetime(&self) -> AdminResult<Duration> {
        let longest = self.action.spec().longest.as_secs().min(LONGEST);
        match self.expires_in_s {
            None => Ok(self.action.default_lifetime()),
            Some(seconds) if (1..=longest).contains(&seconds) => Ok(Duration::from_secs(seconds)),
            Some(_) => Err(AdminError::new(
                AdminErrorKind::Invalid,
                format!("expires_in_s is 1 to {longest} for {}.", self.action.name()),
            )),
        }
    }
}

/// Which limit of its arguments an action breaks, where it breaks one.
fn limit_broken(action: &Action) -> Option<String> {
    let (keeps, limit) = match action {
        Action::AccessOpen { door, reason } => {
            let short = |reason: &String| reason.chars().count() <= LONGEST_REASON;
            (
                (1..=LAST_DOOR).contains(&door.0) && reason.as_ref().is_none_or(short),
                format!("door is 1 to {LAST_DOOR}, reason at most {LONGEST_REASON} characters"),
            )
        }
        Action::PrintTicket(order) | Action::PrintBadge(order) | Action::PrintReport(order) => (
            order.sheet.is_within_limits(),
            "the sheet is longer than a printer takes".to_owned(),
        ),
        Action::Site(SiteAction::QueueIssue { token_hash, .. }) => (
            token_hash.as_str().parse::<protocol::Digest>().is_ok(),
            "token_hash is SHA-256 in lower-case hex".to_owned(),
        ),
        Action::Site(SiteAction::QueueFeedback { score, .. }) => {
            ((1..=BEST_SCORE).contains(score), format!("score is 1 to {BEST_SCORE}"))
        }
        Action::Site(SiteAction::DisplayMessage { seconds, .. }) => (
            (1..=LONGEST_MESSAGE_S).contains(seconds),
            format!("seconds is 1 to {LONGEST_MESSAGE_S}"),
        ),
        Action::DeviceRestart {}
        | Action::DeviceReboot {}
        | Action::DeviceIdentify {}
        | Action::DeviceTimeSync {}
        | Action::DeviceTest {}
        | Action::PrintTest {}
        | Action::AgentRestart {}
        | Action::JournalFlush {}
        | Action::JournalExport {}
        | Action::Site(
            SiteAction::QueueCancel { .. } | SiteAction::QueueDelay { .. } | SiteAction::QueueServiceSet { .. },
        ) => return None,
    };
    (!keeps).then_some(limit)
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
