//! What is asked of a device, as it comes: an action by name, and how long it is good for.

use cloud_admin::commands::ActionRequest;
use protocol::{
    Digest, Lang,
    command::{Action, Urgency},
    fact::ServiceAvailability,
    id::ServiceId,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

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
}

/// What is wanted of a site.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SiteCommandRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteCommandBody {
    /// What to do.
    #[schema(value_type = SiteActionBody)]
    pub(crate) action: Action,
    /// Seconds it is good for, from now: 1 to 86400. Each action has its own where left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 86400, nullable = false)]
    pub(crate) expires_in_s: Option<u64>,
}

/// An action of a site by name, as the API's description shows it; what is read is the protocol's own [`Action`].
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[schema(as = SiteAction)]
#[serde(tag = "name", content = "args")]
pub(crate) enum SiteActionBody {
    /// Send what waits now.
    #[serde(rename = "journal.flush")]
    JournalFlush(NoArgs),
    /// Write what the cloud does not have to a file on the box, for a USB stick.
    #[serde(rename = "journal.export")]
    JournalExport(NoArgs),
    /// Give out a ticket. Its number is the outcome's detail.
    #[serde(rename = "queue.issue")]
    QueueIssue(IssueArgs),
    /// Give a ticket up.
    #[serde(rename = "queue.cancel")]
    QueueCancel(TicketArgs),
    /// Move a ticket some places back; once.
    #[serde(rename = "queue.delay")]
    QueueDelay(TicketArgs),
    /// Open or close a service out of its hours.
    #[serde(rename = "queue.service.set")]
    QueueServiceSet(ServiceArgs),
    /// Show a text over everything on every display of the site.
    #[serde(rename = "display.message")]
    DisplayMessage(MessageArgs),
}

/// A ticket to give out.
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueArgs {
    /// Which ticket: an id of the asker's making; the same again is the same ticket.
    pub(crate) ticket: Uuid,
    /// The service its holder comes for, as the branch names it.
    #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    pub(crate) service: ServiceId,
    /// The language its holder chose.
    #[schema(value_type = String, pattern = "^(uz-Latn|uz-Cyrl|ru|en)$")]
    pub(crate) lang: Lang,
    /// SHA-256 of the holder's token, lower-case hex.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub(crate) token_hash: Digest,
}

/// A ticket.
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketArgs {
    /// Which.
    pub(crate) ticket: Uuid,
}

/// A service, and how it is from now on.
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceArgs {
    /// The service, as the branch names it.
    #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    pub(crate) service: ServiceId,
    /// `open`, `closed`, or `by_hours`.
    #[schema(value_type = String, pattern = "^(open|closed|by_hours)$")]
    pub(crate) open: ServiceAvailability,
}

/// A text for the displays.
#[expect(
    dead_code,
    reason = "the description shows it; what is read is the protocol's own type"
)]
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageArgs {
    /// The text, by language.
    #[schema(value_type = Object)]
    pub(crate) text: std::collections::BTreeMap<String, String>,
    /// How long it is shown, seconds.
    #[schema(minimum = 1, maximum = 86400)]
    pub(crate) seconds: u32,
    /// `emergency` is shown over everything.
    #[schema(value_type = Option<String>, pattern = "^(notice|emergency)$", nullable = false)]
    pub(crate) urgency: Option<Urgency>,
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
