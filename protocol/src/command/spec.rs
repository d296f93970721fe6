//! What the table of actions says of each: whom it is for, who may ask for it, how long it is good for.

use super::{ActionName, ArgumentSpec};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One row of the table of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionSpec {
    /// Which action.
    pub action: ActionName,
    /// Its dotted name, e.g. `access.open`.
    pub name: &'static str,
    /// What it does, in one sentence for people.
    pub summary: &'static str,
    /// Who carries it out.
    pub target: ActionTarget,
    /// What somebody must be allowed in order to ask for it.
    pub permission: Permission,
    /// How long it is good for where nobody says otherwise.
    pub lifetime: Duration,
    /// The longest it may be good for; the edge refuses one that lives longer.
    pub longest: Duration,
    /// Whether it moves something in the world.
    pub actuates: Actuation,
    /// Its arguments.
    pub arguments: &'static [ArgumentSpec],
}

/// Who carries an action out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionTarget {
    /// The device that the command names.
    Device,
    /// The site's apps and screens; no device is asked.
    Site,
    /// The edge itself.
    Edge,
}

/// Whether an action moves something in the world: opens a door, prints, restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actuation {
    /// It does: late is worse than never, so it is never retried and never sent over a reconnect.
    Yes,
    /// It does not.
    No,
}

/// What somebody may be allowed to do: a verb on an entity. Which role holds which stands in the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Make organisations and see all of them.
    #[serde(rename = "orgs.manage")]
    ManageOrgs,
    /// Make accounts of the organisation.
    #[serde(rename = "accounts.manage")]
    ManageAccounts,
    /// See sites and edges and how they are.
    #[serde(rename = "sites.read")]
    ReadSites,
    /// Make sites.
    #[serde(rename = "sites.manage")]
    ManageSites,
    /// Make enrolment codes.
    #[serde(rename = "edges.enrol")]
    EnrolEdges,
    /// Release or revoke edges.
    #[serde(rename = "edges.manage")]
    ManageEdges,
    /// See devices, their figures, commands and documents.
    #[serde(rename = "devices.read")]
    ReadDevices,
    /// Register, configure and remove devices; publish documents.
    #[serde(rename = "devices.manage")]
    ManageDevices,
    /// Restart, test and identify devices.
    #[serde(rename = "devices.operate")]
    OperateDevices,
    /// Open doors.
    #[serde(rename = "doors.open")]
    OpenDoors,
    /// See events: who passed where and when.
    #[serde(rename = "events.read")]
    ReadEvents,
    /// See who did what.
    #[serde(rename = "audit.read")]
    ReadAudit,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Permission; 12] = [
        Permission::ManageOrgs,
        Permission::ManageAccounts,
        Permission::ReadSites,
        Permission::ManageSites,
        Permission::EnrolEdges,
        Permission::ManageEdges,
        Permission::ReadDevices,
        Permission::ManageDevices,
        Permission::OperateDevices,
        Permission::OpenDoors,
        Permission::ReadEvents,
        Permission::ReadAudit,
    ];

    /// As on the wire and in the audit, e.g. `doors.open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Permission::ManageOrgs => "orgs.manage",
            Permission::ManageAccounts => "accounts.manage",
            Permission::ReadSites => "sites.read",
            Permission::ManageSites => "sites.manage",
            Permission::EnrolEdges => "edges.enrol",
            Permission::ManageEdges => "edges.manage",
            Permission::ReadDevices => "devices.read",
            Permission::ManageDevices => "devices.manage",
            Permission::OperateDevices => "devices.operate",
            Permission::OpenDoors => "doors.open",
            Permission::ReadEvents => "events.read",
            Permission::ReadAudit => "audit.read",
        }
    }
}
