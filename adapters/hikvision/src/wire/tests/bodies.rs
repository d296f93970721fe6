//! Bodies: the shapes on record, in XML and JSON alike.

use crate::wire::{alert, body, clock, door, http_hosts, identity, lock, search, status};
use expect_test::{Expect, expect};
use protocol::{Timestamp, fact::Door};
use std::time::Duration;

fn check(shown: impl std::fmt::Debug, expect: &Expect) {
    expect.assert_eq(&format!("{shown:?}"));
}

#[test]
fn a_lock_is_told_from_an_unlock() {
    let recorded = include_bytes!("../../../testdata/userCheck_401_lock.xml");
    assert_eq!(
        lock::parse(recorded),
        lock::LockStatus::Locked(Duration::from_secs(1790))
    );
    check(
        lock::parse(b"<userCheck><lockStatus>unlock</lockStatus><retryLoginTime>4</retryLoginTime></userCheck>"),
        &expect!["Open(Some(4))"],
    );
    check(
        lock::parse(b"<userCheck><lockStatus>lock</lockStatus></userCheck>"),
        &expect!["Locked(1800s)"],
    );
    check(
        lock::parse(br#"{"userCheck":{"lockStatus":"lock","unlockTime":99999999999}}"#),
        &expect!["Locked(86400s)"],
    );
    check(lock::parse(b"locked!"), &expect!["Open(None)"]);
}

#[test]
fn who_it_is() {
    check(
        identity::parse(b"\xef\xbb\xbf<?xml version=\"1.0\"?><DeviceInfo version=\"2.0\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"><deviceName>&lt;Door&gt; &#x41;</deviceName><model>DS-K1T342MWX</model><serialNumber>DS#1</serialNumber><firmwareVersion>V3.16.1</firmwareVersion><firmwareReleasedDate>build 230830</firmwareReleasedDate></DeviceInfo>"),
        &expect![[r#"Ok(HikIdentity { serial: "DS_1", model: Some("DS-K1T342MWX"), firmware: Some("V3.16.1 build 230830") })"#]],
    );
    check(
        identity::parse(br#"{"DeviceInfo":{"serialNumber":"S"}}"#),
        &expect![[r#"Ok(HikIdentity { serial: "S", model: None, firmware: None })"#]],
    );
    check(
        identity::parse(b"<DeviceInfo><model>x</model></DeviceInfo>"),
        &expect!["Err(NoSerial)"],
    );
    check(identity::parse(b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><DeviceInfo><serialNumber>&x;</serialNumber></DeviceInfo>"), &expect!["Err(Body(Xml(Entities)))"]);
    check(
        identity::parse(b"<DeviceInfo><serialNumber>&x;</serialNumber></DeviceInfo>"),
        &expect!["Err(Body(Xml(Entities)))"],
    );
}

#[test]
fn a_name_in_another_encoding_costs_no_entry() {
    let page = b"{\"AcsEvent\":{\"responseStatusStrg\":\"OK\",\"numOfMatches\":1,\"totalMatches\":1,\"InfoList\":[\
        {\"major\":5,\"minor\":75,\"serialNo\":7,\"name\":\"\xb7\xb2\xff\"}]}}";
    let page = search::parse(page).expect("a page");
    assert_eq!(page.entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [7]);
}

#[test]
fn deep_or_endless_xml_is_refused() {
    let deep = "<a>".repeat(100_000);
    let wide = format!("<a>{}</a>", "<b/>".repeat(30_000));
    check(body::parse(deep.as_bytes()), &expect!["Err(Xml(TooBig))"]);
    check(body::parse(wide.as_bytes()).map(|_| ()), &expect!["Err(Xml(TooBig))"]);
    check(body::parse(b"<a><b></a>"), &expect!["Err(Xml(Malformed))"]);
    check(body::parse("[".repeat(100_000).as_bytes()), &expect!["Err(Json)"]);
}

#[test]
fn what_doors_can_be_told() {
    check(door::parse(b"<RemoteControlDoor><doorNo min=\"1\" max=\"2\"/><cmd opt=\"open,close,alwaysOpen,alwaysClose\"/></RemoteControlDoor>"), &expect![[r#"Some(DoorCapabilities { commands: ["open", "close", "alwaysOpen", "alwaysClose"], highest: Some(2) })"#]]);
    check(
        door::parse(br#"{"RemoteControlDoor":{"cmd":{"@opt":["open","alwaysOpen","resume"]}}}"#),
        &expect![[r#"Some(DoorCapabilities { commands: ["open", "alwaysOpen", "resume"], highest: None })"#]],
    );
    check(door::parse(b"<ResponseStatus/>"), &expect!["None"]);
    assert_eq!(door::target(Door(2)), "/ISAPI/AccessControl/RemoteControl/door/2");
}

#[test]
fn what_it_says_to_a_change() {
    check(
        status::parse(b""),
        &expect!["ResponseStatus { verdict: Done, word: None }"],
    );
    check(
        status::parse(b"<ResponseStatus><statusCode>1</statusCode><statusString>OK</statusString></ResponseStatus>"),
        &expect![[r#"ResponseStatus { verdict: Done, word: Some("OK") }"#]],
    );
    check(
        status::parse(br#"{"statusCode":4,"statusString":"Invalid Operation","subStatusCode":"notSupport"}"#),
        &expect![[r#"ResponseStatus { verdict: Refused, word: Some("notSupport") }"#]],
    );
    check(
        status::parse(b"<ResponseStatus><statusCode>2</statusCode></ResponseStatus>"),
        &expect!["ResponseStatus { verdict: Busy, word: None }"],
    );
}

#[test]
fn alerts() {
    let kinds = |text: &str| alert::parse(text.as_bytes());
    check(
        kinds(
            r#"{"eventType":"AccessControllerEvent","dateTime":"2026-11-20T09:00:00+05:00","AccessControllerEvent":{"majorEventType":5,"subEventType":1,"serialNo":7,"employeeNoString":"42","name":"N","cardNo":"0","QRCodeInfo":"x","doorNo":0}}"#,
        ),
        &expect![[
            r#"Ok(Entry(AccessLogEntry { number: 7, front: None, code: (5, 1), at: Some("2026-11-20T09:00:00+05:00"), door: None, person: Some("42"), shown: Qr, age: Live }))"#
        ]],
    );
    check(
        kinds(
            "<EventNotificationAlert><eventType>AccessControllerEvent</eventType><dateTime>t</dateTime><AccessControllerEvent><majorEventType>5</majorEventType><subEventType>75</subEventType><serialNo>8</serialNo><currentEvent>false</currentEvent><doorNo>1</doorNo></AccessControllerEvent></EventNotificationAlert>",
        ),
        &expect![[
            r#"Ok(Entry(AccessLogEntry { number: 8, front: None, code: (5, 75), at: Some("t"), door: Some(1), person: None, shown: NotSaid, age: Replayed }))"#
        ]],
    );
    check(
        kinds(r#"{"EventNotificationAlert":{"eventType":"heartBeat"}}"#),
        &expect!["Ok(Heartbeat)"],
    );
    check(
        kinds(
            "<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>",
        ),
        &expect!["Ok(Heartbeat)"],
    );
    check(
        kinds(
            "<EventNotificationAlert><eventType>VM D!</eventType><eventState>active</eventState><channelID>1</channelID></EventNotificationAlert>",
        ),
        &expect![[r#"Ok(Notice(DeviceNotice { kind: "VMD", channel: Some(1), phase: Active }))"#]],
    );
    check(
        kinds(r#"{"eventType":"AccessControllerEvent","AccessControllerEvent":{"majorEventType":5,"subEventType":1}}"#),
        &expect![[r#"Ok(Notice(DeviceNotice { kind: "AccessControllerEvent", channel: None, phase: Active }))"#]],
    );
    check(kinds("hello"), &expect!["Err(Neither)"]);
}

#[test]
fn pushes() {
    let form = "--X\r\nContent-Disposition: form-data; name=\"event_log\"\r\n\r\n{\"eventType\":\"heartBeat\"}\r\n--X\r\nContent-Disposition: form-data; name=\"Picture\"\r\nContent-Type: image/jpeg\r\n\r\n\u{1}\u{2}\r\n--X--\r\n";
    check(
        alert::parse_push("multipart/form-data; boundary=X", form.as_bytes()),
        &expect!["Ok([Heartbeat])"],
    );
    check(
        alert::parse_push("multipart/form-data; boundary=X", form.replace("{\"", "{'").as_bytes()),
        &expect!["Err(Json)"],
    );
    check(
        alert::parse_push("application/json", b"{\"eventType\":\"heartBeat\"}"),
        &expect!["Ok([Heartbeat])"],
    );
    check(alert::parse_push("text/plain", b"<a/>"), &expect!["Ok([Heartbeat])"]);
    check(alert::parse_push("", b""), &expect!["Err(Neither)"]);
}

#[test]
fn pages_of_a_search() {
    check(
        search::page_cap(
            br#"{"AcsEvent":{"AcsEventCond":{"maxResults":{"@min":1,"@max":30}},"InfoList":{"maxSize":10}}}"#,
        ),
        &expect!["Some(30)"],
    );
    check(
        search::page_cap(b"<AcsEvent><InfoList><maxSize>10</maxSize></InfoList></AcsEvent>"),
        &expect!["Some(10)"],
    );
    check(search::page_cap(b"<ResponseStatus/>"), &expect!["None"]);
    expect![[r#"{"AcsEventCond":{"beginSerialNo":1,"endSerialNo":9,"major":0,"maxResults":30,"minor":0,"searchID":"id","searchResultPosition":30}}"#]].assert_eq(&search::request("id", &(1..=9), 30, 30));
    check(search::parse(br#"{"AcsEvent":{"searchID":"id","responseStatusStrg":"MORE","numOfMatches":2,"totalMatches":9,"InfoList":[{"major":5,"minor":75,"time":"t","serialNo":3,"employeeNoString":"42","pictureURL":"http://elsewhere/x.jpg"},{"major":5,"minor":1}]}}"#), &expect![[r#"Some(SearchPage { entries: [AccessLogEntry { number: 3, front: None, code: (5, 75), at: Some("t"), door: None, person: Some("42"), shown: NotSaid, age: Replayed }], rows: 2, total: Some(9), rest: More })"#]]);
    check(
        search::parse(br#"{"AcsEvent":{"responseStatusStrg":"NO MATCH","numOfMatches":0,"totalMatches":0}}"#),
        &expect!["Some(SearchPage { entries: [], rows: 0, total: Some(0), rest: Nothing })"],
    );
    check(search::parse(b"{}"), &expect!["None"]);
}

#[test]
fn clocks() {
    let now = Timestamp::from_millis(1_795_165_200_000);
    for (text, expect) in [
        (
            "<localTime>2026-11-20T14:00:00+05:00</localTime><timeZone>CST-5:00:00</timeZone>",
            &expect![[
                r#"(Some((Manual, Some("2026-11-20T09:00:00.000Z"))), Some(Some("2026-11-20T14:00:00+05:00</localTime><timeZone>CST-5:00:00</timeZone></Time>\n")))"#
            ]],
        ),
        (
            "<timeMode>NTP</timeMode><localTime>2026-11-20T14:00:00</localTime><timeZone>CST-5:30:00</timeZone>",
            &expect![[
                r#"(Some((Elsewhere, Some("2026-11-20T08:30:00.000Z"))), Some(Some("2026-11-20T14:30:00</localTime><timeZone>CST-5:30:00</timeZone></Time>\n")))"#
            ]],
        ),
        (
            "<timeMode>manual</timeMode><localTime>2026-11-20T14:00:00</localTime><timeZone>CST+8:00:00DST01:00:00,M3.2.0/02:00:00</timeZone>",
            &expect![[
                r#"(Some((Manual, Some("2026-11-20T13:00:00.000Z"))), Some(Some("2026-11-20T10:00:00</localTime><timeZone>CST+8:00:00DST01:00:00,M3.2.0/02:00:00</timeZone></Time>\n")))"#
            ]],
        ),
        ("<localTime>yesterday</localTime>", &expect!["(None, None)"]),
    ] {
        let time = clock::parse(format!("<Time>{text}</Time>").as_bytes());
        let set = time
            .as_ref()
            .and_then(|time| time.set(now, 3600))
            .map(|body| body.split("<localTime>").nth(1).map(str::to_owned));
        check(
            (
                time.as_ref()
                    .map(|time| (time.mode, time.moment(3600).map(|at| at.to_string()))),
                set,
            ),
            expect,
        );
    }
}

#[test]
fn push_slots() {
    let ours = http_hosts::Endpoint::parse("http://10.0.0.2:8080/push/gate/s3cret").expect("a URL");
    let slot = |id: u8, url: &str, host: &str| {
        format!(
            "<HttpHostNotification><id>{id}</id><url>{url}</url><ipAddress>{host}</ipAddress><portNo>8080</portNo></HttpHostNotification>"
        )
    };
    let choose = |slots: &[String]| {
        let list = format!(
            "<HttpHostNotificationList>{}</HttpHostNotificationList>",
            slots.concat()
        );
        ours.choose(&http_hosts::parse(list.as_bytes()).expect("a list"))
    };
    let foreign = slot(1, "/hik", "203.0.113.9");
    check(choose(&[foreign.clone(), slot(2, "", "0.0.0.0")]), &expect!["Write(2)"]);
    check(
        choose(&[foreign.clone(), slot(2, "/push/gate/s3cret", "10.0.0.2")]),
        &expect!["Ours(2)"],
    );
    check(
        choose(&[foreign.clone(), slot(2, "/push/gate/old", "10.0.0.2")]),
        &expect!["Write(2)"],
    );
    check(
        choose(&[foreign.clone(), slot(2, "/push/other/s3cret", "10.0.0.2")]),
        &expect!["Taken"],
    );
    check(choose(&[foreign]), &expect!["Taken"]);
    check(choose(&[]), &expect!["Taken"]);
    assert!(!format!("{ours:?}").contains("s3cret"));
    let body = http_hosts::Endpoint::parse("https://edge.lan/push/a&b/<x>").map(|endpoint| endpoint.body(2, 30));
    check(body, &expect!["None"]);
}
