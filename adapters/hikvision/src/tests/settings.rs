//! Settings: what is refused says why and where, and never quotes a secret.

use crate::{
    ADAPTER,
    settings::{SCHEMA, Settings},
};
use adapter_sdk::{LineSpec, TlsTrust};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

fn check(changes: &Value, expect: &Expect) {
    let mut settings = json!({"host": "terminal-1.lan", "username": "admin", "password": "secret-word"});
    let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
        panic!("objects")
    };
    all.extend(changes.clone());
    let shown = match Settings::parse(&settings) {
        Ok(settings) => format!("{} {:?}", settings.target.base, settings.login),
        Err(error) => error.to_string(),
    };
    assert!(!shown.contains("secret"), "{shown}");
    expect.assert_eq(&shown);
}

#[test]
fn good_ones() {
    check(
        &json!({}),
        &expect!["http://terminal-1.lan:80 DeviceLogin { basic: Refused, .. }"],
    );
    check(
        &json!({"host": "fe80::1", "port": 8080, "allow_basic": true}),
        &expect!["http://[fe80::1]:8080 DeviceLogin { basic: Allowed, .. }"],
    );
    check(
        &json!({"tls": {"pinned": "ab".repeat(32)}, "utc_offset": "-03:30", "doors": {"1": "lobby"}}),
        &expect!["https://terminal-1.lan:443 DeviceLogin { basic: Refused, .. }"],
    );
    check(
        &json!({"codes": {"5.38": {"means": "granted", "key": "card"}, "5.23": {"means": "custom"}}}),
        &expect!["http://terminal-1.lan:80 DeviceLogin { basic: Refused, .. }"],
    );
}

#[test]
fn bad_ones() {
    check(
        &json!({"host": "http://terminal/"}),
        &expect!["host: is neither a host name nor an IP address"],
    );
    check(
        &json!({"port": 65536}),
        &expect!["port: is no whole number from 1 to 65535"],
    );
    check(
        &json!({"password": 12345}),
        &expect!["password: is no text of 1 to 128 characters"],
    );
    check(&json!({"password": null}), &expect!["password: is missing"]);
    check(
        &json!({"tls": "secret"}),
        &expect![[r#"tls: is none of "plain", "roots", {"pinned": 64 digits of 0-9, a-f}"#]],
    );
    check(
        &json!({"allow_basic": "yes"}),
        &expect!["allow_basic: is neither true nor false"],
    );
    check(
        &json!({"doors": {"0": "lobby"}}),
        &expect!["doors.0: is no door number from 1 to 65535"],
    );
    check(
        &json!({"doors": {"1": "The Lobby"}}),
        &expect!["doors.1: is no place's id such as lobby-gate"],
    );
    check(
        &json!({"codes": {"38": {"means": "granted", "key": "card"}}}),
        &expect!["codes.38: is no major.minor such as 5.38"],
    );
    check(
        &json!({"codes": {"5.38": {"means": "granted"}}}),
        &expect![[r#"codes.5.38: is no meaning such as {"means": "granted", "key": "card"}"#]],
    );
    check(
        &json!({"drift_s": 1}),
        &expect!["drift_s: is no whole number from 2 to 3600"],
    );
    check(
        &json!({"utc_offset": "+15:00"}),
        &expect!["utc_offset: is no offset from -14:59 to +14:59 such as +05:00"],
    );
    check(&json!({"push": "sometimes"}), &expect!["push: is none of off, on"]);
    check(
        &json!({"passwrod": "x"}),
        &expect!["passwrod: is no setting of this adapter"],
    );
}

#[test]
fn the_schema_knows_every_key_and_no_other() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    for key in schema["properties"].as_object().expect("properties").keys() {
        let mut settings = json!({"host": "h", "username": "u", "password": "p"});
        settings[key] = json!([]);
        let error = Settings::parse(&settings)
            .expect_err("a list is never good")
            .to_string();
        assert!(
            error.starts_with(&format!("{key}: ")) && !error.ends_with("is no setting of this adapter"),
            "{error}"
        );
    }
}

#[test]
fn the_plan_asks_for_the_right_line() {
    let settings = json!({"host": "10.0.0.9", "username": "u", "password": "p", "tls": {"pinned": "0f".repeat(32)}});
    let plan = ADAPTER.plan(&settings).expect("a plan");
    let LineSpec::Http(target) = &plan.wants else {
        panic!("it wants {:?}", plan.wants)
    };
    assert_eq!(
        (target.base.as_str(), &target.trust),
        ("https://10.0.0.9:443", &TlsTrust::Pinned("0f".repeat(32)))
    );
}
