//! How events look on the wire: parts of the stream, and bodies of pushes.
//!
//! Field names, order, tabs and the line feed after a part are those of a DS-K1T342MWX; only the values are ours.

use super::{
    config::{Config, Model, PartLength},
    log::{Entry, LogEntryKind, Motion},
    xml,
};
use crate::rng::Rng;
use jiff::tz::Offset;
use protocol::{Timestamp, fact::KeyKind};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use std::io;

/// Boundary of access terminals.
pub(super) const TERMINAL_BOUNDARY: &str = "MIME_boundary";
/// Boundary of cameras.
pub(super) const CAMERA_BOUNDARY: &str = "boundary";
/// Looks like a picture, and holds what looks like a boundary but is none.
pub(super) const PICTURE: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\r\n--MIME_boundaryless \r\n--MIME\x00\xff\xd9";

/// Whether an event is old or happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Currency {
    Replayed,
    Live,
}

/// `2026-11-20T09:30:00+05:00`: how terminals write time.
pub(super) fn local_time(at: Timestamp, offset_minutes: i32) -> String {
    let offset = Offset::from_seconds(offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
    let moment = jiff::Timestamp::from_second(at.as_secs()).unwrap_or_default();
    let sign = if offset.seconds() < 0 { '-' } else { '+' };
    let minutes = offset.seconds().unsigned_abs() / 60;
    format!(
        "{}{sign}{:02}:{:02}",
        offset.to_datetime(moment),
        minutes / 60,
        minutes % 60
    )
}

/// The boundary of a device's stream.
pub(super) fn boundary(model: Model) -> &'static str {
    match model {
        Model::AccessTerminal => TERMINAL_BOUNDARY,
        Model::Camera => CAMERA_BOUNDARY,
    }
}

/// One part of the stream, with the line break after it.
pub(super) fn part(model: Model, body: &str, length: PartLength, rng: &mut Rng) -> Vec<u8> {
    let kind = match model {
        Model::AccessTerminal => "application/json; charset=\"UTF-8\"",
        Model::Camera => "application/xml; charset=\"UTF-8\"",
    };
    let right = body.len() as u64;
    let length = match (length, rng.below(4)) {
        (PartLength::Right, _) | (PartLength::Unreliable, 0) => Some(right),
        (PartLength::Absent, _) | (PartLength::Unreliable, 1) => None,
        (PartLength::Unreliable, 2) => Some(right.saturating_sub(2 + rng.below(6))),
        (PartLength::Unreliable, _) => Some(right + 2 + rng.below(6)),
    };
    let length = length.map_or(String::new(), |length| format!("Content-Length: {length}\r\n"));
    format!(
        "--{}\r\nContent-Type: {kind}\r\n{length}\r\n{body}\r\n",
        boundary(model)
    )
    .into_bytes()
}

/// The body of a part or push about an entry.
pub(super) fn event(config: &Config, entry: &Entry, currency: Currency) -> String {
    let time = local_time(entry.at, config.utc_offset_minutes);
    match config.model {
        Model::AccessTerminal => json(&Envelope::about(time, Some(detail(config, entry, currency)))),
        Model::Camera if entry.what == LogEntryKind::Motion(Motion::Begins) => alert(&time, "VMD", "active"),
        Model::Camera => alert(&time, "VMD", "inactive"),
    }
}

/// The body of a heartbeat.
pub(super) fn heartbeat(config: &Config, now: Timestamp) -> String {
    let time = local_time(now, config.utc_offset_minutes);
    match config.model {
        Model::AccessTerminal => json(&Envelope::about(time, None)),
        Model::Camera => alert(&time, "videoloss", "inactive"),
    }
}

/// A push as `multipart/form-data`: an `event_log` part without a type, and a picture.
pub(super) fn form(event: &str) -> Vec<u8> {
    let head = format!(
        "--{TERMINAL_BOUNDARY}\r\nContent-Disposition: form-data; name=\"event_log\"\r\n\r\n{event}\r\n\
         --{TERMINAL_BOUNDARY}\r\nContent-Disposition: form-data; name=\"Picture\"; filename=\"Picture.jpg\"\r\n\
         Content-Type: image/jpeg\r\nContent-Length: {}\r\nContent-ID: pictureImage\r\n\r\n",
        PICTURE.len()
    );
    [
        head.as_bytes(),
        PICTURE,
        format!("\r\n--{TERMINAL_BOUNDARY}--\r\n").as_bytes(),
    ]
    .concat()
}

fn alert(time: &str, kind: &str, state: &str) -> String {
    format!(
        "<EventNotificationAlert version=\"2.0\" xmlns=\"{}\">\r\n<ipAddress>127.0.0.1</ipAddress>\r\n<portNo>80</portNo>\r\n\
         <protocol>HTTP</protocol>\r\n<macAddress>02:00:00:00:00:01</macAddress>\r\n<channelID>1</channelID>\r\n\
         <dateTime>{time}</dateTime>\r\n<activePostCount>1</activePostCount>\r\n<eventType>{kind}</eventType>\r\n\
         <eventState>{state}</eventState>\r\n<eventDescription>{kind} alarm</eventDescription>\r\n</EventNotificationAlert>",
        xml::VER20
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    ip_address: &'static str,
    port_no: u16,
    protocol: &'static str,
    mac_address: &'static str,
    #[serde(rename = "channelID")]
    channel_id: u8,
    date_time: String,
    active_post_count: u8,
    event_type: &'static str,
    event_state: &'static str,
    event_description: &'static str,
    #[serde(rename = "AccessControllerEvent", skip_serializing_if = "Option::is_none")]
    detail: Option<Detail<'a>>,
}

impl<'a> Envelope<'a> {
    fn about(date_time: String, detail: Option<Detail<'a>>) -> Self {
        let (event_type, event_state, event_description) = match detail {
            Some(_) => ("AccessControllerEvent", "active", "Access Controller Event"),
            None => ("heartBeat", "active", "heartBeat"),
        };
        Self {
            ip_address: "127.0.0.1",
            port_no: 80,
            protocol: "HTTP",
            mac_address: "02:00:00:00:00:01",
            channel_id: 1,
            date_time,
            active_post_count: 1,
            event_type,
            event_state,
            event_description,
            detail,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    device_name: &'a str,
    major_event_type: u32,
    sub_event_type: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_no: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    card_reader_kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_reader_no: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    door_no: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_no_string: Option<&'a str>,
    serial_no: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_type: Option<&'static str>,
    current_verify_mode: &'static str,
    current_event: bool,
    front_serial_no: u64,
    attendance_status: &'static str,
    label: &'static str,
    status_value: u8,
    mask: &'static str,
    pure_pwd_verify_enable: bool,
    #[serde(rename = "QRCodeInfo", skip_serializing_if = "Option::is_none")]
    qr_code_info: Option<&'a str>,
}

fn detail<'a>(config: &'a Config, entry: &'a Entry, currency: Currency) -> Detail<'a> {
    let (major_event_type, sub_event_type) = entry.what.code();
    let (person, key) = match &entry.what {
        LogEntryKind::Granted { person, key } => (Some(person.as_str()), Some(*key)),
        LogEntryKind::Denied => (None, Some(KeyKind::Unknown)),
        LogEntryKind::PoweredOn
        | LogEntryKind::RemoteDoor { .. }
        | LogEntryKind::Unlocked(_)
        | LogEntryKind::Locked(_)
        | LogEntryKind::Opened(_)
        | LogEntryKind::Closed(_)
        | LogEntryKind::Forced(_)
        | LogEntryKind::Motion(_) => (None, None),
    };
    Detail {
        device_name: &config.name,
        major_event_type,
        sub_event_type,
        card_no: (key == Some(KeyKind::Qr)).then_some("0"),
        name: person.map(|person| format!("Person {person}")),
        card_reader_kind: 1,
        card_reader_no: key.map(|_| 1),
        door_no: entry.what.door(),
        employee_no_string: person,
        serial_no: entry.serial,
        user_type: person.map(|_| "normal"),
        current_verify_mode: if key.is_some() { "cardOrFace" } else { "invalid" },
        current_event: currency == Currency::Live,
        front_serial_no: entry.front,
        attendance_status: "undefined",
        label: "",
        status_value: 0,
        mask: if key == Some(KeyKind::Face) { "no" } else { "unknown" },
        pure_pwd_verify_enable: true,
        qr_code_info: person.filter(|_| key == Some(KeyKind::Qr)),
    }
}

/// JSON as cJSON prints it: tabs, and a tab after each colon.
struct Tabs<'a>(PrettyFormatter<'a>);

impl Formatter for Tabs<'_> {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b":\t")
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

fn json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut out = serde_json::Serializer::with_formatter(&mut bytes, Tabs(PrettyFormatter::with_indent(b"\t")));
    match value.serialize(&mut out) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
