//! What the settings of a bus may hold, and that no key gets out of them.

use super::reader::{KEY, bus};
use crate::osdp::{OsdpBusSettings, settings::Enrolment};
use expect_test::expect;
use protocol::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write as _;

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut document = json!({"path": "/dev/ttyUSB0", "readers": [{"address": 1, "side": "a", "key": KEY}]});
    change(&mut document);
    match OsdpBusSettings::parse(&document) {
        Ok(bus) => format!("{bus:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_cannot_work_is_said_with_its_place() {
    let mut told = String::new();
    for (at, value) in [
        ("/path", json!("ttyUSB0")),
        ("/baud", json!(1200)),
        ("/readers", json!([])),
        ("/readers/0/address", json!(127)),
        ("/readers/0/side", json!("c")),
        ("/readers/0/key", Value::Null),
        ("/readers/0/key", json!(12_345)),
        ("/readers/0/key", json!("30313233")),
        ("/readers/0/key", json!("+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1")),
        ("/readers/0/key", json!("303132333435363738393a3b3c3d3e3f")),
        ("/readers/0/key", json!("ffffffffffffffffffffffffffffffff")),
        ("/readers/0/enrol_until", json!("tomorrow")),
    ] {
        let error = with(|document| match document.pointer_mut(at) {
            Some(place) => *place = value,
            None => {
                let (parent, key) = at.rsplit_once('/').expect("a path");
                document.pointer_mut(parent).expect("a parent")[key] = value;
            }
        });
        writeln!(told, "{error}").expect("a string");
    }
    let twice = with(|document| {
        let one = document["readers"][0].clone();
        document["readers"].as_array_mut().expect("a list").push(one);
    });
    writeln!(told, "{twice}").expect("a string");
    expect![[r#"
        path: is none below /dev
        baud: is none of [9600, 19200, 38400, 57600, 115200, 230400]
        readers: are not 1 to 8
        readers.0.address: is beyond 126
        unknown variant `c`, expected `a` or `b`
        readers.0.key: is no key of 32 hex digits
        readers.0.key: is no key of 32 hex digits
        readers.0.key: is no key of 32 hex digits
        readers.0.key: is no key of 32 hex digits
        readers.0.key: is a key that everybody knows or guesses
        readers.0.key: is a key that everybody knows or guesses
        readers.0.enrol_until: is no moment such as 2026-11-20T18:00:00Z
        readers.1.address: another reader has it
    "#]]
    .assert_eq(&told);
}

#[test]
fn no_debug_text_shows_a_key() {
    let shown = with(|_| {});
    assert!(
        shown.contains("address: 1") && !shown.to_lowercase().contains(&KEY[..8]),
        "{shown}"
    );
    assert!(
        !shown.contains("8c, ") && !shown.contains("140, "),
        "not as numbers either: {shown}"
    );
}

#[test]
fn a_reader_is_enrolled_in_the_quarter_of_an_hour_before_the_moment_and_at_no_other_time() {
    let until = Timestamp::from_rfc3339("2026-11-20T18:00:00Z").expect("a moment");
    let bus = bus(Some("2026-11-20T18:00:00Z"));
    for (seconds, expected) in [
        (-901, Enrolment::Closed),
        (-900, Enrolment::Open),
        (-1, Enrolment::Open),
        (0, Enrolment::Closed),
        (86_400, Enrolment::Closed),
    ] {
        let now = Timestamp::from_millis(until.as_millis() + seconds * 1000);
        assert_eq!(bus.readers[0].enrolment(Some(now)), expected, "{seconds}");
    }
    assert_eq!(
        bus.readers[0].enrolment(None),
        Enrolment::Closed,
        "nobody knows the time"
    );
}
