//! One event as a row: when, what, which device, and the few words that matter.
//!
//! The words come out of the event's own fields; a person is shown by the number the device knows, never by name.

use crate::{
    icon::{Severity, state},
    time_format,
};
use cloud_store::events::StoredEvent;
use maud::{Markup, html};
use serde_json::Value;

const LONGEST: usize = 160;
/// Of a heartbeat's many figures, those that say whether all is well.
const HEARTBEAT_WORDS: [&str; 4] = ["devices_bad", "devices_ok", "journal_depth", "version"];

/// The columns above the rows.
pub(crate) const COLUMNS: [&str; 4] = [
    crate::words::TIME,
    crate::words::WHAT,
    crate::words::DETAILS,
    crate::words::DEVICE,
];

/// An event as a row of a table.
pub(crate) fn row(event: &StoredEvent) -> Markup {
    let [time, what, details, device] = COLUMNS;
    html! {
        tr id={ "event-" (event.id) } {
            td data-label=(time) { (time_format::moment(event.at)) }
            td data-label=(what) { (state(severity(event.name.as_str()), event.name.as_str())) }
            td data-label=(details) { (details_of(event)) }
            td data-label=(device) {
                @match &event.device {
                    Some(device) => { a href={ "/devices/" (event.edge) "~" (device) } { (device) } }
                    None => { span.soft { (crate::words::EDGE) } }
                }
            }
        }
    }
}

/// Good or bad, by name.
fn severity(name: &str) -> Severity {
    match name {
        "access.granted" | "access.opened" | "device.online" | "command.ok" | "policy.applied" | "site.link.up" => {
            Severity::Good
        }
        "access.denied" | "device.degraded" | "access.held" | "command.expired" | "auth.failed" | "journal.filling" => {
            Severity::Warn
        }
        "access.forced" | "device.offline" | "command.failed" | "command.rejected" | "policy.failed"
        | "auth.locked" | "journal.full" | "journal.dropped" | "site.link.down" => Severity::Bad,
        "command.accepted" | "command.running" => Severity::Busy,
        _ => Severity::Quiet,
    }
}

fn details_of(event: &StoredEvent) -> String {
    let parsed: Value = serde_json::from_slice(&event.body).unwrap_or_default();
    let Some(Value::Object(data)) = parsed.get("data") else {
        return String::new();
    };
    let mut words = Vec::new();
    let heartbeat = event.name == "site.heartbeat";
    for (key, value) in data {
        if heartbeat && !HEARTBEAT_WORDS.contains(&key.as_str()) {
            continue;
        }
        let said = match (key.as_str(), value) {
            ("device" | "decided_by", _) | (_, Value::Null | Value::Object(_) | Value::Array(_)) => continue,
            ("command" | "expires", _) if data.contains_key("command_name") => continue,
            ("took_ms", Value::Number(number)) => format!("{number} ms"),
            ("door", value) => format!("door {value}"),
            ("key_kind" | "dir" | "by" | "reason" | "command_name" | "detail", Value::String(text)) => {
                text.replace('_', " ")
            }
            ("person", Value::String(text)) => format!("person {text}"),
            (key, Value::String(text)) => format!("{} {text}", key.replace('_', " ")),
            (key, value) => format!("{} {value}", key.replace('_', " ")),
        };
        words.push(said);
    }
    if parsed.get("replay") == Some(&Value::Bool(true)) {
        words.push("reported later".to_owned());
    }
    words.join(", ").chars().take(LONGEST).collect()
}
