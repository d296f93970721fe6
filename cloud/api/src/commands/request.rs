//! What is asked of a device, as it comes: an action by name, and how long it is good for.

use cloud_admin::commands::CommandRequest;
use protocol::command::Action;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// What is wanted of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CommandRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandRequestBody {
    /// What to do.
    #[schema(value_type = ActionBody)]
    pub(crate) action: Action,
    /// Seconds it is good for, from now: 1 to 86400, for a door 1 to 60. Each action has its own where left out; a
    /// door's is 10.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 86400, nullable = false)]
    pub(crate) expires_in_s: Option<u64>,
}

/// An action by name, as the API's description shows it; what is read is the protocol's own [`Action`].
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[schema(as = Action)]
#[serde(tag = "name", content = "args")]
pub(crate) enum ActionBody {
    /// Open a door of the device.
    #[serde(rename = "access.open")]
    AccessOpen(DoorArgs),
    /// Restart the program on the device.
    #[serde(rename = "device.restart")]
    DeviceRestart(NoArgs),
    /// Reboot the device.
    #[serde(rename = "device.reboot")]
    DeviceReboot(NoArgs),
    /// Make the device show itself: blink, beep, print.
    #[serde(rename = "device.identify")]
    DeviceIdentify(NoArgs),
    /// Set the device's clock from the edge's.
    #[serde(rename = "device.time.sync")]
    DeviceTimeSync(NoArgs),
    /// Ask the device who it is and report what was found.
    #[serde(rename = "device.test")]
    DeviceTest(NoArgs),
    /// Restart the agent program on a staff PC.
    #[serde(rename = "agent.restart")]
    AgentRestart(NoArgs),
    /// Send what waits now.
    #[serde(rename = "journal.flush")]
    JournalFlush(NoArgs),
}

/// Which door, and why.
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoorArgs {
    /// Which door of the device, counted from 1; 1 where left out.
    #[schema(minimum = 1, maximum = 64, nullable = false)]
    pub(crate) door: Option<u16>,
    /// Why, for the log: at most 200 characters.
    #[schema(max_length = 200, nullable = false)]
    pub(crate) reason: Option<String>,
}

/// No arguments.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoArgs {}

/// Where it is given it is a number; `null` is none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    u64::deserialize(deserializer).map(Some)
}

impl From<CommandRequestBody> for CommandRequest {
    fn from(body: CommandRequestBody) -> Self {
        Self {
            action: body.action,
            expires_in_s: body.expires_in_s,
        }
    }
}
