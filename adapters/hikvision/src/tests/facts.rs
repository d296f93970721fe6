//! What an entry becomes as a fact: with its origin, without names and card numbers.

use super::device::stream_json;
use crate::{
    meaning::Dictionary,
    settings::Settings,
    wire::alert::{self, Alert},
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

fn check(settings: &Value, alert: &str, expect: &Expect) {
    let mut all = json!({"host": "h", "username": "u", "password": "p"});
    let (Value::Object(all_keys), Value::Object(settings)) = (&mut all, settings) else {
        panic!("objects")
    };
    all_keys.extend(settings.clone());
    let dictionary: Dictionary = Settings::parse(&all).expect("good settings").dictionary;
    let Ok(Alert::Entry(entry)) = alert::parse(alert.as_bytes()) else {
        panic!("an entry")
    };
    let seen = dictionary.seen(&"gate".parse().expect("a slug"), &"SN1".into(), &entry);
    let shown = format!(
        "{}\n{}\nreplay {}",
        serde_json::to_string(&seen.fact).expect("JSON"),
        serde_json::to_string(&seen.origin).expect("JSON"),
        seen.replay
    );
    for secret in ["Somebody", "1234567"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    expect.assert_eq(&shown);
}

#[test]
fn a_face_at_a_named_door() {
    check(
        &json!({"doors": {"1": "lobby-gate"}}),
        &stream_json((7, 5, 75), true),
        &expect![[r#"
            {"name":"access.granted","data":{"device":"gate","door":1,"spot":"lobby-gate","key_kind":"face","person":"42","decided_by":"device"}}
            {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[5,75]}
            replay false"#]],
    );
}

#[test]
fn a_stranger_s_face() {
    check(
        &json!({}),
        &stream_json((7, 5, 76), false),
        &expect![[r#"
        {"name":"access.denied","data":{"device":"gate","door":1,"key_kind":"face","person":"42","reason":"unknown_key","decided_by":"device"}}
        {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[5,76]}
        replay true"#]],
    );
}

#[test]
fn a_terminal_with_one_door_need_not_name_it() {
    let alert = stream_json((7, 5, 1), true).replace("\"doorNo\":1", "\"QRCodeInfo\":\"x\"");
    check(
        &json!({"doors": {"1": "lobby-gate"}}),
        &alert,
        &expect![[r#"
        {"name":"access.granted","data":{"device":"gate","spot":"lobby-gate","key_kind":"qr","person":"42","decided_by":"device"}}
        {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[5,1]}
        replay false"#]],
    );
}

#[test]
fn the_settings_overrule_the_usual_meaning() {
    let codes = json!({"codes": {
        "5.38": {"means": "granted", "key": "card"},
        "5.23": {"means": "custom"},
        "5.113": {"means": "denied", "key": "fingerprint", "reason": "not_allowed"},
    }});
    check(
        &codes,
        &stream_json((7, 5, 38), true),
        &expect![[r#"
        {"name":"access.granted","data":{"device":"gate","door":1,"key_kind":"card","person":"42","decided_by":"device"}}
        {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[5,38]}
        replay false"#]],
    );
    check(
        &codes,
        &stream_json((7, 5, 23), true),
        &expect![[r#"
        {"name":"device.custom","data":{"device":"gate","kind":"isapi.5.23","body":{}}}
        {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[5,23]}
        replay false"#]],
    );
    check(
        &codes,
        &stream_json((7, 5, 113), true),
        &expect![[r#"
        {"name":"access.denied","data":{"device":"gate","door":1,"key_kind":"fingerprint","person":"42","reason":"not_allowed","decided_by":"device"}}
        {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[5,113]}
        replay false"#]],
    );
}

#[test]
fn doors_that_move() {
    for (minor, name) in [
        (23, "opened"),
        (25, "opened"),
        (24, "closed"),
        (26, "closed"),
        (27, "forced"),
        (28, "held"),
    ] {
        let Ok(Alert::Entry(entry)) = alert::parse(stream_json((7, 5, minor), true).as_bytes()) else {
            panic!("an entry")
        };
        let seen = Dictionary::default().seen(&"gate".parse().expect("a slug"), &"SN1".into(), &entry);
        assert_eq!(seen.fact.name(), format!("access.{name}"), "5/{minor}");
    }
}

#[test]
fn what_nobody_explained_is_not_lost() {
    check(
        &json!({}),
        &stream_json((7, 3, 1024), true),
        &expect![[r#"
        {"name":"device.custom","data":{"device":"gate","kind":"isapi.3.1024","body":{}}}
        {"log":"SN1","number":7,"at":"2026-11-20T14:00:07+05:00","code":[3,1024]}
        replay false"#]],
    );
}
