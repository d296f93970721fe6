//! The table of actions: one row each, and nowhere else what an action is called, needs and lasts.
//!
//! A row's name and arguments are the wire's: once released they keep their meaning, and unknown arguments are refused.

use super::{
    ActionSpec, ActionTarget, Actuation, ArgumentShape, ArgumentSpec, Permission, PrintOrder, Urgency,
    argument::{Argument, Arguments, presence},
};
use crate::{
    fact::{Door, ServiceAvailability},
    id::{ServiceId, TicketId},
    lang::{Lang, Names},
    text::TicketTokenHash,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

macro_rules! arguments {
    ({$($field:ident [$($doc:literal)+] [$($serde:tt)*] [$type:ty] [$($shape:expr)?])*}) => {
        &[$(ArgumentSpec {
            name: stringify!($field),
            summary: concat!($($doc),+).trim_ascii(),
            presence: presence(stringify!($($serde)*)),
            shape: shape!($type $(, $shape)?),
        },)*]
    };
    (($order:ty)) => { <$order as Arguments>::ARGUMENTS };
}

macro_rules! shape {
    ($type:ty) => {
        <$type as Argument>::SHAPE
    };
    ($type:ty, $shape:expr) => {
        $shape
    };
}

macro_rules! actions {
    (
        devices and edge {$(
            $(#[doc = $doc:literal])+
            $variant:ident $({$(
                $(#[doc = $field_doc:literal])+
                $(#[serde($($serde:tt)*)])?
                $field:ident: $type:ty $(= $shape:expr)?,
            )*})? $(($order:ty))? = $name:literal to $target:ident needs $permission:ident
                lives $lifetime:expr, up to $longest:expr, actuates $actuates:ident;
        )+}
        site {$(
            $(#[doc = $site_doc:literal])+
            $site_variant:ident $({$(
                $(#[doc = $site_field_doc:literal])+
                $(#[serde($($site_serde:tt)*)])?
                $site_field:ident: $site_type:ty $(= $site_shape:expr)?,
            )*})? $(($site_order:ty))? = $site_name:literal needs $site_permission:ident
                lives $site_lifetime:expr, up to $site_longest:expr, actuates $site_actuates:ident;
        )+}
    ) => {
        /// What a command asks for: `name` and `args`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "name", content = "args", deny_unknown_fields)]
        pub enum Action {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant $({
                $($(#[doc = $field_doc])+ $(#[serde($($serde)*)])? $field: $type,)*
            })? $(($order))?,)+
            /// Something the site's own apps and screens do; no device is asked.
            #[serde(untagged)]
            Site(SiteAction),
        }

        /// What a command asks of the site's own apps and screens: `name` and `args`, like [`Action`].
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "name", content = "args", deny_unknown_fields)]
        pub enum SiteAction {
            $($(#[doc = $site_doc])+ #[serde(rename = $site_name)] $site_variant $({
                $($(#[doc = $site_field_doc])+ $(#[serde($($site_serde)*)])? $site_field: $site_type,)*
            })? $(($site_order))?,)+
        }

        /// Which action, without its arguments.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ActionName {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
            $($(#[doc = $site_doc])+ #[serde(rename = $site_name)] $site_variant,)+
        }

        /// Every action there is.
        pub const ACTIONS: &[ActionSpec] = &[
            $(ActionName::$variant.row(),)+
            $(ActionName::$site_variant.row(),)+
        ];

        impl Action {
            /// Which action it is.
            pub const fn which(&self) -> ActionName {
                match self {
                    $(Action::$variant { .. } => ActionName::$variant,)+
                    Action::Site(action) => action.which(),
                }
            }
        }

        impl SiteAction {
            /// Which action it is.
            pub const fn which(&self) -> ActionName {
                match self {
                    $(SiteAction::$site_variant { .. } => ActionName::$site_variant,)+
                }
            }
        }

        impl ActionName {
            /// Its row of the table.
            pub const fn spec(self) -> &'static ActionSpec {
                match self {
                    $(ActionName::$variant => const { &ActionName::$variant.row() },)+
                    $(ActionName::$site_variant => const { &ActionName::$site_variant.row() },)+
                }
            }
            const fn row(self) -> ActionSpec {
                match self {
                    $(ActionName::$variant => ActionSpec {
                        action: self,
                        name: $name,
                        summary: concat!($($doc),+).trim_ascii(),
                        target: ActionTarget::$target,
                        permission: Permission::$permission,
                        lifetime: Duration::from_secs($lifetime),
                        longest: Duration::from_secs($longest),
                        actuates: Actuation::$actuates,
                        arguments: const { arguments!(
                            $({$($field [$($field_doc)+] [$($($serde)*)?] [$type] [$($shape)?])*})? $(($order))?
                        ) },
                    },)+
                    $(ActionName::$site_variant => ActionSpec {
                        action: self,
                        name: $site_name,
                        summary: concat!($($site_doc),+).trim_ascii(),
                        target: ActionTarget::Site,
                        permission: Permission::$site_permission,
                        lifetime: Duration::from_secs($site_lifetime),
                        longest: Duration::from_secs($site_longest),
                        actuates: Actuation::$site_actuates,
                        arguments: const { arguments!(
                            $({$($site_field [$($site_field_doc)+] [$($($site_serde)*)?] [$site_type] [$($site_shape)?])*})?
                            $(($site_order))?
                        ) },
                    },)+
                }
            }
        }
    };
}

actions! {
    devices and edge {
        /// Open a door. Never retried, never queued over a reconnect.
        AccessOpen {
            /// Which door of the device, counted from 1; 1 where left out.
            #[serde(default = "first_door")]
            door: Door,
            /// Why, for the log.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reason: Option<String> = ArgumentShape::Text(200),
        } = "access.open" to Device needs OpenDoors lives 10 * SECOND, up to MINUTE, actuates Yes;
        /// Restart the program on a device.
        DeviceRestart {} = "device.restart" to Device needs OperateDevices lives 5 * MINUTE, up to 30 * DAY, actuates Yes;
        /// Reboot a device.
        DeviceReboot {} = "device.reboot" to Device needs OperateDevices lives 5 * MINUTE, up to 30 * DAY, actuates Yes;
        /// Make a device show itself: blink, beep, print.
        DeviceIdentify {} = "device.identify" to Device needs OperateDevices lives MINUTE, up to 30 * DAY, actuates No;
        /// Set the device's clock from the edge's.
        DeviceTimeSync {} = "device.time.sync" to Device needs OperateDevices
            lives 5 * MINUTE, up to 30 * DAY, actuates No;
        /// Ask the device who it is and report what was found.
        DeviceTest {} = "device.test" to Device needs OperateDevices lives MINUTE, up to 30 * DAY, actuates No;
        /// Print a queue ticket.
        PrintTicket(PrintOrder) = "print.ticket" to Device needs OperateDevices
            lives 2 * MINUTE, up to 30 * DAY, actuates Yes;
        /// Print a visitor's badge.
        PrintBadge(PrintOrder) = "print.badge" to Device needs OperateDevices
            lives 2 * MINUTE, up to 30 * DAY, actuates Yes;
        /// Print a report.
        PrintReport(PrintOrder) = "print.report" to Device needs OperateDevices
            lives 2 * MINUTE, up to 30 * DAY, actuates Yes;
        /// Print a test page.
        PrintTest {} = "print.test" to Device needs OperateDevices lives 2 * MINUTE, up to 30 * DAY, actuates Yes;
        /// Restart the agent program on a staff PC.
        AgentRestart {} = "agent.restart" to Device needs OperateDevices lives HOUR, up to 30 * DAY, actuates Yes;
        /// Send what waits now.
        JournalFlush {} = "journal.flush" to Edge needs OperateDevices lives 5 * MINUTE, up to 30 * DAY, actuates No;
        /// Write what the cloud does not have to a file on the box, for a USB stick.
        JournalExport {} = "journal.export" to Edge needs OperateDevices lives 5 * MINUTE, up to 30 * DAY, actuates No;
    }
    site {
        /// Give out a ticket to somebody on the internet.
        QueueIssue {
            /// Which ticket; the same again is the same ticket.
            ticket: TicketId,
            /// What its holder comes for.
            service: ServiceId,
            /// The language its holder chose.
            lang: Lang,
            /// SHA-256 of the holder's token, lower-case hex.
            token_hash: TicketTokenHash = ArgumentShape::Pattern("^[0-9a-f]{64}$"),
        } = "queue.issue" needs OperateDevices lives 30 * SECOND, up to 30 * DAY, actuates No;
        /// Give a ticket up, as its holder wishes.
        QueueCancel {
            /// Which ticket.
            ticket: TicketId,
        } = "queue.cancel" needs OperateDevices lives 30 * SECOND, up to 30 * DAY, actuates No;
        /// Move a ticket some places back, as its holder wishes; once.
        QueueDelay {
            /// Which ticket.
            ticket: TicketId,
        } = "queue.delay" needs OperateDevices lives 30 * SECOND, up to 30 * DAY, actuates No;
        /// Say how a visit was.
        QueueFeedback {
            /// Which ticket.
            ticket: TicketId,
            /// 1 (bad) to 5 (good).
            score: u8 = ArgumentShape::Number { least: 1, most: 5 },
        } = "queue.feedback" needs OperateDevices lives 30 * SECOND, up to 30 * DAY, actuates No;
        /// Open or close a service out of its hours.
        QueueServiceSet {
            /// Which service.
            service: ServiceId,
            /// What it is from now on.
            open: ServiceAvailability,
        } = "queue.service.set" needs OperateDevices lives HOUR, up to 30 * DAY, actuates No;
        /// Show a text on every display of the site.
        DisplayMessage {
            /// The text, in the languages it is given in.
            text: Names,
            /// How long it is shown, seconds: 1 to 86,400.
            seconds: u32 = ArgumentShape::Number { least: 1, most: 86_400 },
            /// `emergency` is shown over everything, `notice` beside the calls.
            #[serde(default)]
            urgency: Urgency,
        } = "display.message" needs OperateDevices lives MINUTE, up to 30 * DAY, actuates No;
    }
}

impl Action {
    /// Its row of the table.
    pub const fn spec(&self) -> &'static ActionSpec {
        self.which().spec()
    }
    /// The dotted name.
    pub const fn name(&self) -> &'static str {
        self.spec().name
    }
    /// How long it is good for where nobody says otherwise.
    pub const fn default_lifetime(&self) -> Duration {
        self.spec().lifetime
    }
    /// It moves something in the world: late is worse than never.
    pub const fn actuates(&self) -> bool {
        matches!(self.spec().actuates, Actuation::Yes)
    }
}

impl SiteAction {
    /// Its row of the table.
    pub const fn spec(&self) -> &'static ActionSpec {
        self.which().spec()
    }
    /// The dotted name.
    pub const fn name(&self) -> &'static str {
        self.spec().name
    }
}

impl ActionName {
    /// The action of this dotted name.
    pub fn of(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|spec| spec.name == name).map(|spec| spec.action)
    }
    /// The dotted name.
    pub const fn as_str(self) -> &'static str {
        self.spec().name
    }
}

fn first_door() -> Door {
    Door(1)
}
