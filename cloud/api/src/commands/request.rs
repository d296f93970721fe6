//! What is asked of a device, as it comes: an action by name, and how long it is good for.

use super::actions::{DeviceActions, SiteActions};
use cloud_admin::commands::ActionRequest;
use protocol::command::Action;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// What is wanted of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CommandRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandRequestBody {
    /// What to do.
    #[schema(value_type = DeviceActions)]
    pub(crate) action: Action,
    /// Seconds it is good for, from now: 1 to 86400, for a door 1 to 60. Each action has its own where left out; a
    /// door's is 10.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 86400, nullable = false)]
    pub(crate) expires_in_s: Option<u64>,
}

/// What is wanted of a site.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SiteCommandRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteCommandBody {
    /// What to do.
    #[schema(value_type = SiteActions)]
    pub(crate) action: Action,
    /// Seconds it is good for, from now: 1 to 86400. Each action has its own where left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 86400, nullable = false)]
    pub(crate) expires_in_s: Option<u64>,
}

/// Where it is given it is a number; `null` is none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    u64::deserialize(deserializer).map(Some)
}

impl From<SiteCommandBody> for ActionRequest {
    fn from(body: SiteCommandBody) -> Self {
        Self {
            action: body.action,
            expires_in_s: body.expires_in_s,
        }
    }
}

impl From<CommandRequestBody> for ActionRequest {
    fn from(body: CommandRequestBody) -> Self {
        Self {
            action: body.action,
            expires_in_s: body.expires_in_s,
        }
    }
}
