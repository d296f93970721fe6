//! Settings: what works, and what is said about what does not.

use crate::ADAPTER;
use adapter_sdk::LineSpec;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(changes: Value, expect: Expect) {
    let mut settings = json!({"host": "10.0.0.9"});
    let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
        panic!("settings are objects")
    };
    all.extend(changes);
    let said = match ADAPTER.plan(&settings) {
        Ok(plan) => format!("{:?}", plan.wants),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&said);
}

#[test]
fn the_line_is_the_one_asked_for() {
    check(
        json!({}),
        expect![[r#"Tcp(SocketTarget { host: "10.0.0.9", port: 4370 })"#]],
    );
    check(
        json!({"transport": "udp", "port": 4371, "people": [], "verified": {"3": "card"}}),
        expect![[r#"Udp(SocketTarget { host: "10.0.0.9", port: 4371 })"#]],
    );
}

#[test]
fn errors_name_the_key_and_quote_no_secret() {
    check(
        json!({"comm_key": "secret"}),
        expect!["comm_key: is no whole number from 0 to 999999"],
    );
    check(json!({"open_s": 0}), expect!["open_s: is no whole number from 1 to 60"]);
    check(
        json!({"host": "a b"}),
        expect!["host: is neither a host name nor an IP address"],
    );
    check(
        json!({"code_page": "klingon"}),
        expect!["code_page: is no code page such as utf-8, gbk or windows-1251"],
    );
    check(
        json!({"utc_offset": "5"}),
        expect!["utc_offset: is no offset from -14:59 to +14:59 such as +05:00"],
    );
    check(
        json!({"people": [{"person": "17"}, {"person": "18", "pin": "secret"}]}),
        expect!["people.1: pin is none of up to 8 digits"],
    );
    check(
        json!({"people": [{"person": "17"}, {"person": "17"}]}),
        expect!["people: somebody stands there twice"],
    );
    check(
        json!({"people": [{"person": "17", "face": "secret"}]}),
        expect!["people.0: holds more than person, name, card and pin"],
    );
}

#[test]
fn the_schema_names_every_setting() {
    let schema: Value = serde_json::from_str(ADAPTER.manifest().settings_schema).expect("JSON");
    let named: Vec<&String> = schema["properties"].as_object().expect("an object").keys().collect();
    for key in [
        "host",
        "port",
        "transport",
        "comm_key",
        "open_s",
        "clock",
        "drift_s",
        "utc_offset",
        "spot",
        "verified",
        "code_page",
        "people",
    ] {
        assert!(named.iter().any(|named| *named == key), "{key}");
    }
    assert_eq!(named.len(), 12);
    let plan = ADAPTER.plan(&json!({"host": "::1"})).expect("a plan");
    assert!(matches!(plan.wants, LineSpec::Tcp(_)));
}
