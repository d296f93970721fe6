//! Roles as the API names them.

use cloud_admin::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident,)*) => {
        /// What an account is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(as = Role)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum RoleBody {
            $($(#[$doc])* $role,)*
        }
        impl From<Role> for RoleBody {
            fn from(role: Role) -> Self {
                match role { $(Role::$role => RoleBody::$role,)* }
            }
        }
        impl From<RoleBody> for Role {
            fn from(role: RoleBody) -> Self {
                match role { $(RoleBody::$role => Role::$role,)* }
            }
        }
    };
}

roles! {
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
