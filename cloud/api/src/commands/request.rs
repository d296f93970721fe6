//! What is wanted of a device, as asked: an action by name, how long it is good for, and the key that makes it count once.
//!
//! Everything is checked here against the protocol's own actions; nothing that passes can be misread by an edge.

use crate::admin::problem::{Answer, Kind, Problem};
use axum::http::HeaderMap;
use protocol::command::Action;
use serde::{Deserialize, Deserializer};
use std::time::Duration;
use utoipa::ToSchema;

const LONGEST: u64 = 24 * 3600;
const LONGEST_DOOR: u64 = 60;
const LONGEST_KEY: usize = 128;
const LAST_DOOR: u16 = 64;
const LONGEST_REASON: usize = 200;

/// What is wanted of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandWish {
    /// What to do.
    #[schema(value_type = ActionWish)]
    pub action: Action,
    /// Seconds it is good for, from now: 1 to 86400, for a door 1 to 60. Each action has its own where left out; a
    /// door's is 10.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 86400, nullable = false)]
    pub expires_in_s: Option<u64>,
}

/// An action by name, as the API's description shows it; what is read is the protocol's own [`Action`].
#[derive(Debug, ToSchema)]
#[schema(as = Action)]
#[serde(tag = "name", content = "args")]
pub enum ActionWish {
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
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoorArgs {
    /// Which door of the device, counted from 1; 1 where left out.
    #[schema(minimum = 1, maximum = 64, nullable = false)]
    pub door: Option<u16>,
    /// Why, for the log: at most 200 characters.
    #[schema(max_length = 200, nullable = false)]
    pub reason: Option<String>,
}

/// No arguments.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArgs {}

/// Where it is given it is a number; `null` is none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    u64::deserialize(deserializer).map(Some)
}

/// What the protocol's types leave open: door and reason within their limits.
pub(super) fn checked(action: Action) -> Answer<Action> {
    let fits = match &action {
        Action::AccessOpen { door, reason } => {
            (1..=LAST_DOOR).contains(&door.0)
                && reason
                    .as_ref()
                    .is_none_or(|reason| reason.chars().count() <= LONGEST_REASON)
        }
        Action::PrintTicket(order) | Action::PrintBadge(order) | Action::PrintReport(order) => {
            order.sheet.is_within_limits()
        }
        Action::DeviceRestart {}
        | Action::DeviceReboot {}
        | Action::DeviceIdentify {}
        | Action::DeviceTimeSync {}
        | Action::DeviceTest {}
        | Action::PrintTest {}
        | Action::AgentRestart {}
        | Action::JournalFlush {}
        | Action::Site(_) => true,
    };
    let detail = format!("args: door is 1 to {LAST_DOOR}, reason at most {LONGEST_REASON} characters.");
    if fits {
        Ok(action)
    } else {
        Err(Problem::new(Kind::Invalid, detail))
    }
}

/// How long a command is good for. A door's is a minute at most: somebody stands in front of it.
pub(super) fn lifetime(action: &Action, seconds: Option<u64>) -> Answer<Duration> {
    let longest = match action {
        Action::AccessOpen { .. } => LONGEST_DOOR,
        Action::DeviceRestart {}
        | Action::DeviceReboot {}
        | Action::DeviceIdentify {}
        | Action::DeviceTimeSync {}
        | Action::DeviceTest {}
        | Action::PrintTicket(_)
        | Action::PrintBadge(_)
        | Action::PrintReport(_)
        | Action::PrintTest {}
        | Action::AgentRestart {}
        | Action::JournalFlush {}
        | Action::Site(_) => LONGEST,
    };
    match seconds {
        None => Ok(action.default_lifetime()),
        Some(seconds) if (1..=longest).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(Problem::new(
            Kind::Invalid,
            format!("expires_in_s is 1 to {longest} for {}.", action.name()),
        )),
    }
}

/// The `idempotency-key` header.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .ok()
        .filter(|text| (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let detail = "idempotency-key is 1 to 128 visible ASCII characters.";
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| Problem::new(Kind::BadRequest, detail))
}
