//! What a terminal answers: one function from a request to an answer.
//!
//! Every path asks for a login first, also those that do not exist.

use super::{
    config::{DoorCommands, Model, XmlHeader},
    device::{Device, DoorReply},
    log::DoorCommand,
    login::LoginDecision,
    parts::local_time,
    search, xml,
};
use crate::http::{Reply, Request};
use protocol::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const XML: &str = "application/xml; charset=\"UTF-8\"";
const JSON: &str = "application/json; charset=\"UTF-8\"";

/// What becomes of a connection after a request.
pub(super) enum Answer {
    Reply(Reply),
    Later(Duration, Reply),
    Stream { live_from: usize },
    Reboot(Reply),
    Cut,
    Silence,
}

impl Answer {
    /// For the record.
    pub(super) fn status(&self) -> u16 {
        match self {
            Answer::Reply(reply) | Answer::Later(_, reply) | Answer::Reboot(reply) => reply.status,
            Answer::Stream { .. } => 200,
            Answer::Cut | Answer::Silence => 0,
        }
    }
}

pub(super) fn answer(device: &mut Device, request: &Request, taken: Instant) -> Answer {
    let now = device.config.clock.now();
    if let LoginDecision::Refused(reply) = device.login.check(request, now) {
        return Answer::Reply(reply);
    }
    let path = request.path().strip_prefix("/ISAPI").unwrap_or_default();
    match (request.method.as_str(), path) {
        ("GET", "/Event/notification/alertStream") => match device.open_stream() {
            Some(live_from) => Answer::Stream { live_from },
            None => refused(404, "Invalid Operation", "notSupport"),
        },
        ("PUT", "/System/reboot") => Answer::Reboot(Reply::new(200, XML, xml::response_status(1, "OK", "ok"))),
        ("PUT", door) if door.starts_with("/AccessControl/RemoteControl/door/") => remote_door(device, request, taken),
        ("GET", "/AccessControl/RemoteControl/door/capabilities") => {
            xml_reply(device, request, door_capabilities(device))
        }
        _ => system(device, request, path).unwrap_or_else(|| acs(device, request, path)),
    }
}

fn system(device: &mut Device, request: &Request, path: &str) -> Option<Answer> {
    Some(match (request.method.as_str(), path) {
        ("GET", "/System/deviceInfo") => xml_reply(device, request, device_info(device)),
        ("GET", "/System/status") => xml_reply(device, request, status(device)),
        ("GET", "/System/time") => xml_reply(device, request, time(device)),
        ("PUT", "/System/time") => set_time(device, request),
        ("GET", "/Event/triggers") => xml_reply(device, request, triggers(device)),
        (method, hosts) if hosts.starts_with("/Event/notification/httpHosts") => {
            let id = hosts.rsplit('/').next().and_then(|tail| tail.parse::<usize>().ok());
            match (method, id) {
                ("GET", _) if hosts.ends_with("/capabilities") => xml_reply(
                    device,
                    request,
                    format!(
                        "<HttpHostNotificationCap version=\"2.0\" xmlns=\"{}\">\n<hostNumber>2</hostNumber>\n<urlLen max=\"128\"/>\n</HttpHostNotificationCap>\n",
                        xml::VER20
                    ),
                ),
                ("GET", None) => xml_reply(device, request, device.hosts.list()),
                ("GET", Some(id)) => match device.hosts.show(id) {
                    Some(body) => xml_reply(device, request, body),
                    None => refused(400, "Invalid Operation", "badParameters"),
                },
                ("PUT", id) => match device.hosts.write(id, &request.text()) {
                    Some(()) => done(),
                    None => refused(400, "Invalid Content", "badXmlContent"),
                },
                _ => refused(405, "Invalid Operation", "methodNotAllowed"),
            }
        }
        _ => return None,
    })
}

fn acs(device: &mut Device, request: &Request, path: &str) -> Answer {
    match (request.method.as_str(), path) {
        ("GET", "/AccessControl/AcsEvent/capabilities") => json_reply(200, &search::capabilities(&device.config)),
        ("POST", "/AccessControl/AcsEvent") => {
            let query: search::Query = match serde_json::from_slice(&request.body) {
                Ok(query) => query,
                Err(_) => return bad_json("badJsonContent", "AcsEventCond"),
            };
            match device
                .searches
                .page(&query.condition, device.log.entries(), &device.config)
            {
                Ok(page) => json_reply(200, &page),
                Err(field) => bad_json("badParameters", field),
            }
        }
        ("GET", "/AccessControl/AcsWorkStatus") => json_reply(200, &work_status(device)),
        ("GET", "/AccessControl/UserInfo/Count") => json_reply(200, &json!({ "UserInfoCount": { "userNumber": 7 } })),
        ("POST", "/AccessControl/UserInfo/Search") => users(request),
        _ => refused(404, "Invalid Operation", "notSupport"),
    }
}

fn remote_door(device: &mut Device, request: &Request, taken: Instant) -> Answer {
    let door: Option<u16> = request.path().rsplit('/').next().and_then(|door| door.parse().ok());
    let Some(door) = door.filter(|door| (1..=device.config.doors).contains(door)) else {
        return refused(400, "Invalid Operation", "badParameters");
    };
    let text = request.text();
    let asked = xml::element(&text, "cmd").unwrap_or_default();
    let Some(command) = known_commands(device.config.quirks.door_commands)
        .iter()
        .find(|known| known.as_str() == asked)
    else {
        return refused(400, "Invalid Content", "badXmlContent");
    };
    let manner = std::mem::replace(&mut device.next_door_reply, DoorReply::Prompt);
    if manner == DoorReply::Busy {
        return refused(503, "Device Busy", "deviceBusy");
    }
    device.move_door(door, *command, taken);
    match manner {
        DoorReply::Prompt | DoorReply::Busy => done(),
        DoorReply::Cut => Answer::Cut,
        DoorReply::Silent => Answer::Silence,
        DoorReply::Late(by) => Answer::Later(by, Reply::new(200, XML, xml::response_status(1, "OK", "ok"))),
    }
}

fn known_commands(dialect: DoorCommands) -> &'static [DoorCommand] {
    match dialect {
        DoorCommands::Terminal => &[
            DoorCommand::Open,
            DoorCommand::Close,
            DoorCommand::AlwaysOpen,
            DoorCommand::AlwaysClose,
        ],
        DoorCommands::Intercom => &[DoorCommand::Open, DoorCommand::AlwaysOpen, DoorCommand::Resume],
    }
}

fn door_capabilities(device: &Device) -> String {
    let commands: Vec<&str> = known_commands(device.config.quirks.door_commands)
        .iter()
        .map(|command| command.as_str())
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RemoteControlDoor version=\"2.0\" xmlns=\"{}\">\n\
         <doorNo min=\"1\" max=\"{}\"></doorNo>\n<cmd opt=\"{}\"></cmd>\n</RemoteControlDoor>\n",
        xml::VER20,
        device.config.doors,
        commands.join(",")
    )
}

fn device_info(device: &Device) -> String {
    let (kind, model) = match device.config.model {
        Model::AccessTerminal => ("ACS", "DS-K1T342MWX"),
        Model::Camera => ("IPCamera", "DS-2CD2132-I"),
    };
    let (name, serial) = (&device.config.name, &device.config.serial_number);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<DeviceInfo version=\"2.0\" xmlns=\"{}\">\n\
         <deviceName>{name}</deviceName>\n<deviceID>255</deviceID>\n<model>{model}</model>\n\
         <serialNumber>{serial}</serialNumber>\n<macAddress>02:00:00:00:00:01</macAddress>\n\
         <firmwareVersion>V3.16.1</firmwareVersion>\n<firmwareReleasedDate>build 240515</firmwareReleasedDate>\n\
         <deviceType>{kind}</deviceType>\n<telecontrolID>1</telecontrolID>\n</DeviceInfo>\n",
        xml::VER20
    )
}

fn status(device: &Device) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<DeviceStatus version=\"2.0\" xmlns=\"{}\">\n\
         <currentDeviceTime>{}</currentDeviceTime>\n<deviceUpTime>86400</deviceUpTime>\n</DeviceStatus>\n",
        xml::VER20,
        local_time(device.now(), device.config.utc_offset_minutes)
    )
}

fn time(device: &Device) -> String {
    let hours = device.config.utc_offset_minutes / 60;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<Time version=\"2.0\" xmlns=\"{}\">\n<timeMode>manual</timeMode>\n\
         <localTime>{}</localTime>\n<timeZone>CST{:+}:00:00</timeZone>\n</Time>\n",
        xml::VER20,
        local_time(device.now(), device.config.utc_offset_minutes),
        -hours
    )
}

fn set_time(device: &mut Device, request: &Request) -> Answer {
    let text = request.text();
    match xml::element(&text, "localTime").and_then(Timestamp::from_rfc3339) {
        Some(to) => {
            device.set_clock(to);
            done()
        }
        None => refused(400, "Invalid Content", "badXmlContent"),
    }
}

fn triggers(device: &Device) -> String {
    let one = |kind: &str| {
        format!(
            "<EventTrigger version=\"2.0\">\n<id>{kind}-1</id>\n<eventType>{kind}</eventType>\n\
             <videoInputChannelID>1</videoInputChannelID>\n<EventTriggerNotificationList>\n<EventTriggerNotification>\n\
             <id>center</id>\n<notificationMethod>center</notificationMethod>\n</EventTriggerNotification>\n\
             </EventTriggerNotificationList>\n</EventTrigger>\n"
        )
    };
    let known = match device.config.model {
        Model::AccessTerminal => one("AccessControllerEvent"),
        Model::Camera => one("VMD") + &one("videoloss"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<EventNotification version=\"2.0\" xmlns=\"{}\">\n\
         <EventTriggerList version=\"2.0\">\n{known}</EventTriggerList>\n</EventNotification>\n",
        xml::VER20
    )
}

fn work_status(device: &Device) -> Value {
    let length = device.config.quirks.work_status_length;
    json!({ "AcsWorkStatus": {
        "doorLockStatus": vec![0; length],
        "doorStatus": vec![4; length],
        "magneticStatus": vec![0; length],
        "antiSneakStatus": "close",
        "hostAntiDismantleStatus": "close",
        "cardReaderOnlineStatus": [1],
        "cardNum": 7,
    }})
}

fn users(request: &Request) -> Answer {
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let ask = |name: &str| {
        asked
            .pointer(&format!("/UserInfoSearchCond/{name}"))
            .cloned()
            .unwrap_or_default()
    };
    let from = usize::try_from(ask("searchResultPosition").as_u64().unwrap_or(0)).unwrap_or(0);
    let count = usize::try_from(ask("maxResults").as_u64().unwrap_or(0))
        .unwrap_or(0)
        .min(30);
    let rows: Vec<Value> = (1..=7)
        .skip(from)
        .take(count)
        .map(|number| {
            json!({
                "employeeNo": number.to_string(), "name": format!("Person {number}"), "userType": "normal",
                "Valid": { "enable": true, "beginTime": "2025-01-01T00:00:00", "endTime": "2037-12-31T23:59:59", "timeType": "local" },
                "doorRight": "1", "RightPlan": [{ "doorNo": 1, "planTemplateNo": "1" }], "numOfCard": 0, "numOfFace": 1,
            })
        })
        .collect();
    let status = if rows.is_empty() {
        "NO MATCH"
    } else if from + rows.len() < 7 {
        "MORE"
    } else {
        "OK"
    };
    json_reply(
        200,
        &json!({ "UserInfoSearch": {
            "searchID": ask("searchID"), "responseStatusStrg": status, "numOfMatches": rows.len(), "totalMatches": 7, "UserInfo": rows,
        }}),
    )
}

fn xml_reply(device: &Device, request: &Request, body: String) -> Answer {
    let wants_json = request.target.contains("format=json");
    let kind = if wants_json && device.config.quirks.xml_header == XmlHeader::Json {
        JSON
    } else {
        XML
    };
    Answer::Reply(Reply::new(200, kind, body))
}

fn json_reply(status: u16, body: &Value) -> Answer {
    Answer::Reply(Reply::new(status, JSON, format!("{body:#}")))
}

fn done() -> Answer {
    Answer::Reply(Reply::new(200, XML, xml::response_status(1, "OK", "ok")))
}

fn refused(status: u16, text: &str, detail: &str) -> Answer {
    let code = if status == 503 {
        2
    } else if text == "Invalid Content" {
        6
    } else {
        4
    };
    Answer::Reply(Reply::new(status, XML, xml::response_status(code, text, detail)))
}

fn bad_json(detail: &str, field: &str) -> Answer {
    let body = json!({
        "statusCode": 6, "statusString": "Invalid Content", "subStatusCode": detail, "errorCode": 1_610_612_737, "errorMsg": field,
    });
    json_reply(400, &body)
}
