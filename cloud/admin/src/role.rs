//! Roles and what each may do: one table, read at compile time, deny by default.
//!
//! The roles are those of domain.md. A role says what; the account's organisation says where. Nothing else in the
//! relay decides whether somebody may do something.

pub use protocol::command::Permission;

use std::{fmt, str::FromStr};

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs the platform: all organisations.
    PlatformAdmin,
    /// Runs one organisation.
    OrgAdmin,
    /// Answers for doors and access.
    Security,
    /// Personnel.
    Hr,
    /// Leads a department.
    Lead,
    /// Runs the sites.
    SiteAdmin,
    /// Works at a window, a desk or a phone.
    Operator,
    /// Stands at a gate.
    Guard,
    /// Has guests.
    Host,
    /// Builds against the API.
    Developer,
    /// Looks.
    Viewer,
    /// Sets up edges.
    Installer,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Role; 12] = [
        Role::PlatformAdmin,
        Role::OrgAdmin,
        Role::Security,
        Role::Hr,
        Role::Lead,
        Role::SiteAdmin,
        Role::Operator,
        Role::Guard,
        Role::Host,
        Role::Developer,
        Role::Viewer,
        Role::Installer,
    ];

    /// What this role may do; whatever is not listed, it may not.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{
            EnrolEdges, ManageAccounts, ManageDevices, ManageEdges, ManageOrgs, ManageSites, OpenDoors, OperateDevices,
            ReadAudit, ReadDevices, ReadEvents, ReadSites,
        };
        match self {
            Role::PlatformAdmin => &[
                ManageOrgs,
                ManageAccounts,
                ReadSites,
                ManageSites,
                EnrolEdges,
                ManageEdges,
                ReadDevices,
                ManageDevices,
                OperateDevices,
                OpenDoors,
                ReadEvents,
                ReadAudit,
            ],
            Role::OrgAdmin => &[
                ManageAccounts,
                ReadSites,
                ManageSites,
                EnrolEdges,
                ManageEdges,
                ReadDevices,
                ManageDevices,
                OperateDevices,
                OpenDoors,
                ReadEvents,
                ReadAudit,
            ],
            Role::SiteAdmin => &[
                ReadSites,
                EnrolEdges,
                ReadDevices,
                ManageDevices,
                OperateDevices,
                OpenDoors,
                ReadEvents,
            ],
            Role::Security => &[ReadSites, ReadDevices, OpenDoors, ReadEvents, ReadAudit],
            Role::Guard => &[ReadSites, ReadDevices, OpenDoors, ReadEvents],
            Role::Operator => &[ReadSites, ReadDevices, OpenDoors],
            Role::Hr | Role::Lead => &[ReadSites, ReadEvents],
            Role::Developer | Role::Viewer => &[ReadSites, ReadDevices, ReadEvents],
            Role::Installer => &[ReadSites, EnrolEdges, ReadDevices, ManageDevices, OperateDevices],
            Role::Host => &[],
        }
    }

    /// Whether this role may do it.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// As in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::PlatformAdmin => "platform_admin",
            Role::OrgAdmin => "org_admin",
            Role::Security => "security",
            Role::Hr => "hr",
            Role::Lead => "lead",
            Role::SiteAdmin => "site_admin",
            Role::Operator => "operator",
            Role::Guard => "guard",
            Role::Host => "host",
            Role::Developer => "developer",
            Role::Viewer => "viewer",
            Role::Installer => "installer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is none of the roles")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}
