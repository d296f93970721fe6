//! Commands: wishes with an expiry, and the ways they end.
//!
//! A command is carried out at most once, never after its expiry, and ends in exactly one [`Outcome`].

use crate::{
    fact::{Door, ServiceOpen},
    id::{CommandId, DeviceId, EdgeId, OrgId, PrintId, ServiceId, TicketId},
    lang::{Lang, Names},
    print::Sheet,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A wish of somebody in the cloud or at the site. Travels inside [`crate::signed::Signed`].
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
    pub by: String,
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

/// What a command asks for: `name` and `args`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "args", deny_unknown_fields)]
pub enum Action {
    /// Open a door. Never retried, never queued over a reconnect.
    #[serde(rename = "access.open")]
    AccessOpen {
        /// Which door of the device.
        #[serde(default = "first_door")]
        door: Door,
        /// Why, for the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Restart the program on a device.
    #[serde(rename = "device.restart")]
    DeviceRestart {},
    /// Reboot a device.
    #[serde(rename = "device.reboot")]
    DeviceReboot {},
    /// Make a device show itself: blink, beep, print.
    #[serde(rename = "device.identify")]
    DeviceIdentify {},
    /// Set the device's clock from the edge's.
    #[serde(rename = "device.time.sync")]
    DeviceTimeSync {},
    /// Ask the device who it is and report what was found.
    #[serde(rename = "device.test")]
    DeviceTest {},
    /// Print a queue ticket.
    #[serde(rename = "print.ticket")]
    PrintTicket(PrintOrder),
    /// Print a visitor's badge.
    #[serde(rename = "print.badge")]
    PrintBadge(PrintOrder),
    /// Print a report.
    #[serde(rename = "print.report")]
    PrintReport(PrintOrder),
    /// Print a test page.
    #[serde(rename = "print.test")]
    PrintTest {},
    /// Restart the agent program on a staff PC.
    #[serde(rename = "agent.restart")]
    AgentRestart {},
    /// Send what waits now.
    #[serde(rename = "journal.flush")]
    JournalFlush {},
    /// Something the site's own apps and screens do; no device is asked.
    #[serde(untagged)]
    Site(SiteAction),
}

/// What a command asks of the site's own apps and screens: `name` and `args`, like [`Action`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "args", deny_unknown_fields)]
pub enum SiteAction {
    /// Give out a ticket to somebody on the internet.
    #[serde(rename = "queue.issue")]
    QueueIssue {
        /// Which ticket; the same again is the same ticket.
        ticket: TicketId,
        /// What its holder comes for.
        service: ServiceId,
        /// The language its holder chose.
        lang: Lang,
        /// SHA-256 of the holder's token, lower-case hex.
        token_hash: String,
    },
    /// Give a ticket up, as its holder wishes.
    #[serde(rename = "queue.cancel")]
    QueueCancel {
        /// Which ticket.
        ticket: TicketId,
    },
    /// Move a ticket some places back, as its holder wishes; once.
    #[serde(rename = "queue.delay")]
    QueueDelay {
        /// Which ticket.
        ticket: TicketId,
    },
    /// Say how a visit was.
    #[serde(rename = "queue.feedback")]
    QueueFeedback {
        /// Which ticket.
        ticket: TicketId,
        /// 1 (bad) to 5 (good).
        score: u8,
    },
    /// Open or close a service out of its hours.
    #[serde(rename = "queue.service.set")]
    QueueServiceSet {
        /// Which service.
        service: ServiceId,
        /// What it is from now on.
        open: ServiceOpen,
    },
    /// Show a text on every display of the site.
    #[serde(rename = "display.message")]
    DisplayMessage {
        /// The text, in the languages it is given in.
        text: Names,
        /// How long it is shown, seconds: 1 to 86,400.
        seconds: u32,
        /// Over everything, or beside the calls.
        #[serde(default)]
        urgency: Urgency,
    },
}

/// How urgent a text on the displays is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Beside the calls.
    #[default]
    Notice,
    /// Over everything, at once.
    Emergency,
}

impl SiteAction {
    /// The dotted name.
    pub const fn name(&self) -> &'static str {
        match self {
            SiteAction::QueueIssue { .. } => "queue.issue",
            SiteAction::QueueCancel { .. } => "queue.cancel",
            SiteAction::QueueDelay { .. } => "queue.delay",
            SiteAction::QueueFeedback { .. } => "queue.feedback",
            SiteAction::QueueServiceSet { .. } => "queue.service.set",
            SiteAction::DisplayMessage { .. } => "display.message",
        }
    }
    const fn default_lifetime(&self) -> Duration {
        match self {
            SiteAction::QueueIssue { .. }
            | SiteAction::QueueCancel { .. }
            | SiteAction::QueueDelay { .. }
            | SiteAction::QueueFeedback { .. } => Duration::from_secs(30),
            SiteAction::QueueServiceSet { .. } => Duration::from_secs(3600),
            SiteAction::DisplayMessage { .. } => Duration::from_secs(60),
        }
    }
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

fn first_door() -> Door {
    Door(1)
}

impl Action {
    /// The dotted name.
    pub const fn name(&self) -> &'static str {
        match self {
            Action::AccessOpen { .. } => "access.open",
            Action::DeviceRestart {} => "device.restart",
            Action::DeviceReboot {} => "device.reboot",
            Action::DeviceIdentify {} => "device.identify",
            Action::DeviceTimeSync {} => "device.time.sync",
            Action::DeviceTest {} => "device.test",
            Action::PrintTicket(_) => "print.ticket",
            Action::PrintBadge(_) => "print.badge",
            Action::PrintReport(_) => "print.report",
            Action::PrintTest {} => "print.test",
            Action::AgentRestart {} => "agent.restart",
            Action::JournalFlush {} => "journal.flush",
            Action::Site(action) => action.name(),
        }
    }
    /// How long it is good for where nobody says otherwise.
    pub const fn default_lifetime(&self) -> Duration {
        match self {
            Action::AccessOpen { .. } => Duration::from_secs(10),
            Action::DeviceIdentify {} | Action::DeviceTest {} => Duration::from_secs(60),
            Action::PrintTicket(_) | Action::PrintBadge(_) | Action::PrintReport(_) | Action::PrintTest {} => {
                Duration::from_secs(120)
            }
            Action::DeviceRestart {}
            | Action::DeviceReboot {}
            | Action::DeviceTimeSync {}
            | Action::JournalFlush {} => Duration::from_secs(300),
            Action::AgentRestart {} => Duration::from_secs(3600),
            Action::Site(action) => action.default_lifetime(),
        }
    }
    /// It moves something in the world: late is worse than never.
    pub const fn actuates(&self) -> bool {
        match self {
            Action::AccessOpen { .. }
            | Action::DeviceRestart {}
            | Action::DeviceReboot {}
            | Action::PrintTicket(_)
            | Action::PrintBadge(_)
            | Action::PrintReport(_)
            | Action::PrintTest {}
            | Action::AgentRestart {} => true,
            Action::DeviceIdentify {}
            | Action::DeviceTimeSync {}
            | Action::DeviceTest {}
            | Action::JournalFlush {}
            | Action::Site(_) => false,
        }
    }
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
