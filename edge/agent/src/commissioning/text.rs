//! Words for people. What comes from devices and networks is printed as plain text: no terminal takes orders from it.

use edge_kernel::DevicePresence;
use protocol::{Outcome, Reason};

/// Longest text of somebody else's that is printed.
const LONGEST: usize = 80;

/// Printable ASCII of a text, cut.
pub(super) fn plain(text: &str) -> String {
    let printable = |character: &char| character.is_ascii_graphic() || *character == ' ';
    text.chars().filter(printable).take(LONGEST).collect()
}

/// How a device is.
pub(super) fn presence(presence: &DevicePresence) -> String {
    match presence {
        DevicePresence::New => "not heard yet".to_owned(),
        DevicePresence::Online => "online".to_owned(),
        DevicePresence::Offline { reason } => format!("offline ({})", plain(reason.as_str())),
        DevicePresence::Degraded { reason } => format!("degraded ({})", plain(reason.as_str())),
        DevicePresence::Retired => "retired".to_owned(),
    }
}

/// How a command ended.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let more = |detail: &Option<String>| {
        detail
            .as_deref()
            .map_or_else(String::new, |detail| format!(", {}", plain(detail)))
    };
    match outcome {
        Outcome::Ok { detail } => format!("ok{}", more(detail)),
        Outcome::Failed { reason, detail } => format!("failed: {}{}", word(*reason), more(detail)),
        Outcome::Rejected { reason, detail } => format!("was refused: {}{}", word(*reason), more(detail)),
        Outcome::Expired => "expired: the device did not take it in time".to_owned(),
    }
}

fn word(reason: Reason) -> String {
    let word = serde_json::to_value(reason).ok();
    word.and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}
