//! `EventNotificationAlert`: what a part of the stream, or a push, tells.
//!
//! XML heartbeats are `videoloss`/`inactive`; terminals send JSON, cameras XML (facts/devices.md §1.1).

use super::{
    body::{self, BodyError},
    log::{self, AccessLogEntry},
    multipart::{self, MultipartParser, ParsedPart},
};
use serde_json::Value;
use std::fmt;

/// Most parts of one pushed form.
const PUSHED_PARTS: usize = 16;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alert {
    /// An entry of the access log.
    Entry(AccessLogEntry),
    /// The device is there, and nothing happens.
    Heartbeat,
    /// An event that stands in no access log, e.g. `VMD` of a camera.
    Notice(DeviceNotice),
}

/// `eventType`: at most 48 characters of letters, digits and `_`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NoticeKind(String);

impl NoticeKind {
    /// What of a text may stand in one.
    fn of(text: &str) -> Self {
        let kept = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_');
        Self(kept.take(48).collect())
    }
}

impl fmt::Debug for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event outside the access log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeviceNotice {
    /// `eventType`.
    pub(crate) kind: NoticeKind,
    /// `channelID`.
    pub(crate) channel: Option<u64>,
    /// `eventState`.
    pub(crate) phase: EventState,
}

/// `eventState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventState {
    /// It goes on, and is repeated about once a second.
    Active,
    /// It is over.
    Over,
}

/// Reads one alert.
pub(crate) fn parse(bytes: &[u8]) -> Result<Alert, BodyError> {
    Ok(read(&body::parse(bytes)?))
}

/// Reads a pushed body: JSON, XML, or a form whose `event_log` part may lack its `Content-Type`; pictures are left out.
pub(crate) fn parse_push(content_type: &str, bytes: &[u8]) -> Result<Vec<Alert>, BodyError> {
    let Some(boundary) = multipart::boundary(content_type) else {
        return Ok(vec![parse(bytes)?]);
    };
    let mut parts = MultipartParser::new(&boundary, bytes.len());
    parts.feed(bytes);
    let mut alerts = Vec::new();
    let mut refused = None;
    for _ in 0..PUSHED_PARTS {
        let Some(ParsedPart::Part(part)) = parts.next().or_else(|| parts.finish()) else {
            break;
        };
        match parse(&part.body) {
            Ok(alert) => alerts.push(alert),
            Err(error) if part.name.as_deref() == Some("event_log") => refused = Some(error),
            Err(_) => {}
        }
    }
    match refused {
        Some(error) if alerts.is_empty() => Err(error),
        Some(_) | None => Ok(alerts),
    }
}

fn read(tree: &Value) -> Alert {
    let alert = body::inside(tree, "EventNotificationAlert");
    let kind = body::text(alert, "eventType").unwrap_or_default();
    let phase = match body::text(alert, "eventState").as_deref() {
        Some("inactive") => EventState::Over,
        Some(_) | None => EventState::Active,
    };
    if let Some(entry) = alert
        .get("AccessControllerEvent")
        .and_then(|event| log::from_stream(event, alert))
    {
        return Alert::Entry(entry);
    }
    let heartbeat = kind.eq_ignore_ascii_case("heartBeat") || kind == "videoloss" && phase == EventState::Over;
    if heartbeat || kind.is_empty() {
        return Alert::Heartbeat;
    }
    Alert::Notice(DeviceNotice {
        kind: NoticeKind::of(&kind),
        channel: body::number(alert, "channelID"),
        phase,
    })
}
