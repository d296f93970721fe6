//! Settings: what works, and what is said about what does not.

use crate::ADAPTER;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(settings: Value, expect: Expect) {
    let said = match ADAPTER.plan(&settings) {
        Ok(plan) => format!("{:?}", plan.wants),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&said);
}

#[test]
fn the_line_is_the_one_asked_for() {
    check(
        json!({"path": "/dev/input/by-id/usb-1-event-kbd", "line": "keys"}),
        expect![[r#"Keys("/dev/input/by-id/usb-1-event-kbd")"#]],
    );
    check(
        json!({"path": "/dev/ttyACM0", "line": "serial"}),
        expect![[r#"Serial(SerialTarget { path: "/dev/ttyACM0", baud: 9600, parity: None, stop_bits: One })"#]],
    );
    check(
        json!({"path": "/dev/ttyUSB0", "line": "serial", "baud": 115200, "max_len": 1, "gap_ms": 20, "repeat_ms": 0}),
        expect![[r#"Serial(SerialTarget { path: "/dev/ttyUSB0", baud: 115200, parity: None, stop_bits: One })"#]],
    );
}

#[test]
fn errors_name_the_key_and_the_limit() {
    let with = |changes: Value| {
        let mut settings = json!({"path": "/dev/ttyACM0", "line": "serial"});
        for (key, value) in changes.as_object().expect("an object") {
            settings[key] = value.clone();
        }
        settings
    };
    check(json!({"line": "keys"}), expect!["missing field `path`"]);
    check(
        with(json!({"path": "/etc/passwd"})),
        expect!["path: is no path below /dev"],
    );
    check(
        with(json!({"path": "/dev/../etc/passwd"})),
        expect!["path: is no path below /dev"],
    );
    check(
        with(json!({"line": "keys", "baud": 9600})),
        expect!["baud: a scanner that types has no speed"],
    );
    check(
        with(json!({"line": "mouse"})),
        expect!["unknown variant `mouse`, expected `keys` or `serial`"],
    );
    check(
        with(json!({"baud": 1})),
        expect!["baud: is no whole number from 300 to 921600"],
    );
    check(
        with(json!({"max_len": 513})),
        expect!["max_len: is no whole number from 1 to 512"],
    );
    check(
        with(json!({"gap_ms": 5000})),
        expect!["gap_ms: is no whole number from 20 to 2000"],
    );
    check(
        with(json!({"repeat_ms": 60001})),
        expect!["repeat_ms: is no whole number from 0 to 60000"],
    );
    check(
        with(json!({"suffix": "\t"})),
        expect!["unknown field `suffix`, expected one of `path`, `line`, `baud`, `max_len`, `gap_ms`, `repeat_ms`"],
    );
}

#[test]
fn the_schema_names_every_setting() {
    let schema: Value = serde_json::from_str(ADAPTER.manifest().settings_schema).expect("JSON");
    let named: Vec<&String> = schema["properties"].as_object().expect("an object").keys().collect();
    assert_eq!(named, ["baud", "gap_ms", "line", "max_len", "path", "repeat_ms"]);
}
