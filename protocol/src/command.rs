//! Commands: wishes with an expiry, and the ways they end.
//!
//! A command is carried out at most once, never after its expiry, and ends in exactly one [`Outcome`].

mod action;
mod argument;
mod spec;

pub use action::{ACTIONS, Action, ActionName, SiteAction};
pub use argument::{ArgumentShape, ArgumentSpec, Presence};
pub use spec::{ActionSpec, ActionTarget, Actuation, Permission};

use crate::{
    id::{CommandId, DeviceId, EdgeId, OrgId, PrintId},
    print::Sheet,
    text::AccountName,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A wish of somebody in the cloud or at the site. Travels inside [`crate::signed_text::SignedText`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Which command; the inbox refuses an id it has seen.
    pub id: CommandId,
    /// The organisation the edge must belong to.
    pub org: OrgId,
    /// The edge that must carry it out.
    pub edge: EdgeId,
    /// The device it is for; none: the edge itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// What to do.
    pub action: Action,
    /// Who asked: a login or the name of an API key.
    pub by: AccountName,
    /// When it was made, by the maker's clock.
    pub created: Timestamp,
    /// From this moment on it must not be carried out.
    pub expires: Timestamp,
}

impl Command {
    /// How long it was meant to be good for, whatever the clocks say.
    pub fn lifetime(&self) -> Duration {
        self.expires.since(self.created)
    }
}

/// How urgent a text on the displays is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// At the foot of the displays, below the calls.
    #[default]
    Notice,
    /// Over everything, at once.
    Emergency,
}

/// What to print, and how it is marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintOrder {
    /// Which print; stands small at the end of the paper, so that two sheets of one print can be told for what they are.
    pub print: PrintId,
    /// The sheet.
    pub sheet: Sheet,
    /// Marks it as a copy of one that was printed, or may have been.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copy: bool,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Carried out, and the device said so.
    Ok {
        /// What the device answered, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Tried, and failed or unanswered: it may or may not have been carried out, and is not tried again.
    Failed {
        /// Why.
        reason: Reason,
        /// More, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Too late; not carried out.
    Expired,
    /// Refused; not carried out.
    Rejected {
        /// Why.
        reason: Reason,
        /// More, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
}

/// Why a command was refused, or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its expiry had passed.
    Expired,
    /// The signature, or the asker's rights, did not suffice.
    NotAuthorised,
    /// No such device, edge or place.
    UnknownTarget,
    /// The device cannot do that.
    Unsupported,
    /// The edge does not know what time it is and the command actuates.
    ClockUnsynced,
    /// The device has too much to do already.
    Busy,
    /// A rule forbids it.
    Policy,
    /// The device failed.
    Hardware,
    /// The device is not reachable now; nothing was sent.
    Offline,
    /// The id was seen before.
    Duplicate,
    /// The edge restarted while the command was under way.
    Interrupted,
    /// The device did not answer in time.
    TimedOut,
    /// The edge's disk budget is used up.
    Full,
}
