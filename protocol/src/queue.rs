//! The queue of a branch as its document `queue/branch` describes it, and the words its tickets are told with.
//!
//! A [`Branch`] that was parsed is consistent: every id it names is there, every limit holds. Nothing here decides
//! anything: that is the queue's own app.

mod number;
mod phase;
mod rules;
mod validation;
mod week;

pub use number::{Day, DayError, Prefix, TicketNumber, TicketNumberError};
pub use phase::{TicketPhase, UnknownPhase};
pub use rules::{RuleError, Rules};
pub use week::{Hours, Slot, TimeOfDay, TimeOfDayError, Weekday};

use crate::{
    id::{BookingId, DeviceId, PersonId, ProfileId, ServiceId, SpotId},
    lang::{Lang, Names},
    text::{CodeHash, IconName, PageBase, PhoneNumber},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a ticket was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// At a kiosk of the branch.
    Kiosk,
    /// From a phone, over the internet or the LAN.
    Online,
    /// By somebody at a desk, for somebody in front of it.
    WalkIn,
    /// On arrival for an agreed time.
    Booking,
}

/// An honest guess of how long it takes, whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitRange {
    /// At least.
    pub lo_min: u16,
    /// At most.
    pub hi_min: u16,
}

/// Everything about a branch's queue that people decide: the body of `queue/branch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BranchDraft", into = "BranchDraft")]
pub struct Branch(BranchDraft);

/// A branch as it is written down: see [`Branch`] for one that holds together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchDraft {
    /// The branch's name.
    pub name: Names,
    /// Telephone number for people, shown where the branch is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// What stands at the end of each ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<Names>,
    /// Languages screens offer; the first is the one they begin with.
    #[serde(default = "all_languages")]
    pub languages: Vec<Lang>,
    /// Languages announcements are made in, in this order.
    #[serde(default = "first_language")]
    pub announce: Vec<Lang>,
    /// Opening hours.
    #[serde(default)]
    pub hours: Hours,
    /// Local days on which the branch is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Day>,
    /// What it does for people, in the order screens show.
    pub services: Vec<Service>,
    /// Which services are served in what proportion.
    pub profiles: Vec<Profile>,
    /// Windows (`oyna`, `окно`).
    pub windows: Vec<Window>,
    /// Who serves.
    pub operators: Vec<Operator>,
    /// Printers for tickets; the next is tried where one fails for certain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub printers: Vec<DeviceId>,
    /// Base of the phone page's address on the internet, e.g. `https://q.example.uz`; none: the LAN's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_base: Option<PageBase>,
    /// How the queue behaves.
    #[serde(default)]
    pub rules: Rules,
}

fn all_languages() -> Vec<Lang> {
    Lang::ALL.to_vec()
}

fn first_language() -> Vec<Lang> {
    vec![Lang::UzLatn]
}

/// Something a branch does for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// The letters of its tickets' numbers. Services with the same prefix share one sequence.
    pub prefix: Prefix,
    /// The letters of tickets taken online; none: `prefix`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online_prefix: Option<Prefix>,
    /// Its name.
    pub name: Names,
    /// A name of the screens' icon set, e.g. `cash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<IconName>,
    /// How long it usually takes, minutes: 1 to 480. Used for bookings; estimates come from what is observed.
    pub minutes: u16,
    /// Minutes nobody should wait longer than: 1 to 480.
    pub target_wait: u16,
    /// Its own hours; none: the branch's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Whether a phone number is asked for.
    #[serde(default)]
    pub ask_phone: Requirement,
    /// Whether a name is asked for.
    #[serde(default)]
    pub ask_name: Requirement,
    /// Codes an operator closes a visit with; none: no code is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<ClosingCode>,
    /// Whether one must be given.
    #[serde(default)]
    pub outcome: Requirement,
}

/// Whether something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// It is not.
    #[default]
    No,
    /// It is, and may be left out.
    Optional,
    /// It must be given.
    Required,
}

/// A code a visit is closed with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosingCode {
    /// Short and stable, e.g. `done`, `came-back`: a slug.
    pub code: ServiceId,
    /// For people.
    pub name: Names,
}

/// Which services are served, in what proportion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// Its name.
    pub name: Names,
    /// The services.
    pub serves: Vec<Share>,
}

/// A service's share in a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The service.
    pub service: ServiceId,
    /// Of each round of calls, how many are of this service, relative to the others: 1 to 100.
    #[serde(default = "one")]
    pub weight: u8,
    /// Lower is served first; services of the same priority share by weight. Waiting raises it, so nobody starves.
    #[serde(default)]
    pub priority: u8,
}

fn one() -> u8 {
    1
}

/// A window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its id.
    pub id: SpotId,
    /// What stands above it: 1 to 999.
    pub number: u16,
    /// Which way to it from the display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrow: Option<Arrow>,
}

/// Which way a window is from the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrow {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Straight on.
    Ahead,
    /// Up the stairs.
    Up,
    /// Down the stairs.
    Down,
}

/// Somebody who serves.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Who.
    pub id: PersonId,
    /// The name a desk shows.
    pub name: String,
    /// Which services, unless somebody says otherwise when signing in.
    pub profile: ProfileId,
    /// PHC string (argon2id) of the PIN that signs in at a paired desk.
    pub pin: PinHash,
}

/// What is kept of a PIN: the PHC string of an argon2id. `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PinHash(String);

impl PinHash {
    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PinHash {
    fn from(phc: String) -> Self {
        Self(phc)
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash")
    }
}

/// Without name and PIN.
impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Agreed times of one branch, today and the seven days to come: the body of `bookings/branch`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bookings {
    /// In any order.
    pub bookings: Vec<Booking>,
}

/// One agreed time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    /// Which.
    pub id: BookingId,
    /// What for.
    pub service: ServiceId,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the code its holder was given (six digits, or the text of a QR code), lower-case hex.
    pub code_hash: CodeHash,
}

/// Why a draft is no branch. Names the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct BranchError {
    /// Where, e.g. `services.2.minutes`.
    pub key: String,
    /// What is wrong there.
    pub what: &'static str,
}

impl Branch {
    /// What was written down.
    pub fn draft(&self) -> &BranchDraft {
        &self.0
    }
    /// A service by its id.
    pub fn service(&self, id: &ServiceId) -> Option<&Service> {
        self.0.services.iter().find(|service| service.id == *id)
    }
    /// A window by its id.
    pub fn window(&self, id: &SpotId) -> Option<&Window> {
        self.0.windows.iter().find(|window| window.id == *id)
    }
    /// A profile by its id.
    pub fn profile(&self, id: &ProfileId) -> Option<&Profile> {
        self.0.profiles.iter().find(|profile| profile.id == *id)
    }
    /// An operator by its id.
    pub fn operator(&self, id: &PersonId) -> Option<&Operator> {
        self.0.operators.iter().find(|operator| operator.id == *id)
    }
}

impl From<Branch> for BranchDraft {
    fn from(branch: Branch) -> Self {
        branch.0
    }
}
