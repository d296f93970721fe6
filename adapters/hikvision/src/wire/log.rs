//! One entry of an access controller's log, whichever way it came: stream, push or search.
//!
//! Names and card numbers are not taken over: what is not held cannot leak.

use super::body;
use adapter_sdk::ReplayState;
use protocol::text::{DeviceClockText, PersonNumber};
use serde_json::Value;

/// The highest number of an entry; a search's `beginSerialNo` is refused without an `endSerialNo` (facts/devices.md §1.1).
pub(crate) const HIGHEST: u64 = 3_000_000_000;
/// ISAPI: `employeeNo` is at most 32 characters.
const LONGEST_PERSON: usize = 32;
/// Longest time text taken over, e.g. `2025-06-22T10:26:22-04:00`.
const LONGEST_TIME: usize = 40;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessLogEntry {
    /// `serialNo`: its place in the device's log; grows, may skip.
    pub(crate) number: u64,
    /// `frontSerialNo`: the number of the entry before it, where the stream says it; tells a skipped number from a
    /// missed entry.
    pub(crate) front: Option<u64>,
    /// Major and minor event type.
    pub(crate) code: (u32, u32),
    /// The device's own time, as it wrote it.
    pub(crate) at: Option<DeviceClockText>,
    /// `doorNo`.
    pub(crate) door: Option<u16>,
    /// `employeeNoString`.
    pub(crate) person: Option<PersonNumber>,
    /// What was shown, where the entry itself says it.
    pub(crate) shown: ShownCredential,
    /// `currentEvent`.
    pub(crate) age: ReplayState,
}

/// What an entry itself says about what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShownCredential {
    /// `QRCodeInfo` is there.
    Qr,
    /// Nothing beyond the codes.
    NotSaid,
}

/// Names of the fields, which differ between stream and search.
struct FieldNames {
    major: &'static str,
    minor: &'static str,
    time: &'static str,
}

const STREAM: FieldNames = FieldNames {
    major: "majorEventType",
    minor: "subEventType",
    time: "dateTime",
};
const SEARCH: FieldNames = FieldNames {
    major: "major",
    minor: "minor",
    time: "time",
};

/// An `AccessControllerEvent` of a stream or push; its time stands in the alert around it. `None` without its number or
/// codes: it has no place in the log then.
pub(crate) fn from_stream(event: &Value, alert: &Value) -> Option<AccessLogEntry> {
    let at = time(event, &STREAM).or_else(|| time(alert, &STREAM));
    let age = match body::truth(event, "currentEvent") {
        Some(false) => ReplayState::Replayed,
        Some(true) | None => ReplayState::Live,
    };
    entry(event, &STREAM, at, age)
}

/// A row of a search.
pub(crate) fn from_search(row: &Value) -> Option<AccessLogEntry> {
    entry(row, &SEARCH, time(row, &SEARCH), ReplayState::Replayed)
}

fn time(tree: &Value, names: &FieldNames) -> Option<DeviceClockText> {
    let time = body::text(tree, names.time).filter(|time| time.len() <= LONGEST_TIME);
    time.map(DeviceClockText::from)
}

fn entry(tree: &Value, names: &FieldNames, at: Option<DeviceClockText>, age: ReplayState) -> Option<AccessLogEntry> {
    let code = |key| body::number(tree, key).and_then(|code| u32::try_from(code).ok());
    let person = body::text(tree, "employeeNoString").or_else(|| body::text(tree, "employeeNo"));
    let person = person.filter(|person| person != "0" && person.chars().count() <= LONGEST_PERSON);
    Some(AccessLogEntry {
        number: body::number(tree, "serialNo").filter(|number| (1..=HIGHEST).contains(number))?,
        front: body::number(tree, "frontSerialNo").filter(|front| *front > 0),
        code: (code(names.major)?, code(names.minor)?),
        at,
        door: body::number(tree, "doorNo")
            .and_then(|door| u16::try_from(door).ok())
            .filter(|door| *door > 0),
        person: person.map(PersonNumber::from),
        shown: if tree.get("QRCodeInfo").is_some() {
            ShownCredential::Qr
        } else {
            ShownCredential::NotSaid
        },
        age,
    })
}
