//! The terminal's users brought in line with the settings: asked for, compared, and only what differs written.
//!
//! Nobody is written twice between two registrations, whatever the device makes of what it was told, and administrators
//! are nobody's to remove. Never a name in a log.

use super::{
    orders::{AdmsOrder, UserStatus, field},
    rows::AdmsUser,
    settings::Settings,
};
use crate::settings::TerminalPerson;
use protocol::text::PersonNumber;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::Instant;

/// So long after its last user the device has told all of them: the answer to the question comes apart.
const QUIET: Duration = Duration::from_secs(5);
/// So long the device's answer is waited for.
const LIST_TIMEOUT: Duration = Duration::from_secs(120);
/// Most users remembered, and most brought in line until the next comparison.
pub(super) const USERS: usize = 20_000;

/// How far the people are.
pub(super) struct PeopleSync {
    stage: SyncStage,
    /// Whoever was written or removed since the device registered.
    touched: BTreeSet<PersonNumber>,
}

enum SyncStage {
    /// Nobody is to be brought in line, or the device has not been asked.
    Resting,
    /// The device was asked, and tells until it falls silent.
    Listening {
        users: BTreeMap<PersonNumber, KnownUser>,
        until: Instant,
    },
    /// Compared; what it tells from now on is news.
    Compared,
}

/// What a user of the device comes to.
struct KnownUser {
    wanted: UserMatch,
    rights: u32,
}

/// How a user of the device stands to the settings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UserMatch {
    /// As the settings say.
    InLine,
    /// Otherwise.
    Different,
    /// Not at all.
    No,
}

impl PeopleSync {
    /// Nobody asked yet.
    pub(super) fn new() -> Self {
        Self {
            stage: SyncStage::Resting,
            touched: BTreeSet::new(),
        }
    }

    /// The device is there again: it must be asked.
    pub(super) fn begin(&mut self, settings: &Settings, now: Instant) -> Option<AdmsOrder> {
        settings.people.as_ref()?;
        self.touched.clear();
        self.stage = SyncStage::Listening {
            users: BTreeMap::new(),
            until: now + LIST_TIMEOUT,
        };
        Some(AdmsOrder::ListUsers)
    }

    /// The device said how it took the question. Its users come, or came, apart from that.
    pub(super) fn asked(&mut self, now: Instant) {
        if let SyncStage::Listening { until, .. } = &mut self.stage {
            *until = now + QUIET;
        }
    }

    /// The device tells of a user.
    pub(super) fn hear(&mut self, settings: &Settings, user: &AdmsUser, now: Instant) -> Option<AdmsOrder> {
        settings.people.as_ref()?;
        let known = KnownUser {
            wanted: wanted(settings.member(&user.person), user),
            rights: user.rights,
        };
        match &mut self.stage {
            SyncStage::Resting => None,
            SyncStage::Listening { users, until } => {
                if users.len() < USERS {
                    users.insert(user.person.clone(), known);
                }
                *until = (*until).min(now + LIST_TIMEOUT).max(now + QUIET);
                None
            }
            SyncStage::Compared => self.order(user.person.clone(), &known),
        }
    }

    /// When there is something to do without the device.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.stage {
            SyncStage::Listening { until, .. } => Some(*until),
            SyncStage::Resting | SyncStage::Compared => None,
        }
    }

    /// The device has told everybody: what must be written and who removed.
    pub(super) fn compare(&mut self, settings: &Settings) -> Vec<AdmsOrder> {
        let SyncStage::Listening { users, .. } = std::mem::replace(&mut self.stage, SyncStage::Compared) else {
            return Vec::new();
        };
        let missing = |member: &&TerminalPerson| !users.contains_key(&member.person);
        let missing = settings.people.iter().flatten().filter(missing);
        let missing: Vec<PersonNumber> = missing.map(|member| member.person.clone()).collect();
        let mut orders: Vec<AdmsOrder> = users
            .into_iter()
            .filter_map(|(person, known)| self.order(person, &known))
            .collect();
        for person in missing {
            self.touched.insert(person.clone());
            orders.push(AdmsOrder::WriteUser {
                person,
                standing: UserStatus::New,
            });
        }
        if !orders.is_empty() {
            tracing::info!(changes = orders.len(), "bringing the device's people in line");
        }
        orders
    }

    fn order(&mut self, person: PersonNumber, known: &KnownUser) -> Option<AdmsOrder> {
        let order = match known.wanted {
            UserMatch::InLine => return None,
            UserMatch::Different => AdmsOrder::WriteUser {
                person: person.clone(),
                standing: UserStatus::Known,
            },
            UserMatch::No if known.rights == 0 => AdmsOrder::DeleteUser { person: person.clone() },
            UserMatch::No => return None,
        };
        (self.touched.len() < USERS && self.touched.insert(person)).then_some(order)
    }
}

fn wanted(member: Option<&TerminalPerson>, user: &AdmsUser) -> UserMatch {
    let Some(member) = member else { return UserMatch::No };
    let same =
        user.card == Some(member.card) && *user.pin == *member.pin && user.name.as_str() == field(member.name.as_str());
    if same { UserMatch::InLine } else { UserMatch::Different }
}
