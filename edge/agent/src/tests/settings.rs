//! The settings file: every mistake is named by its key, no secret is quoted.

use crate::{
    app::push_base,
    settings::{DeviceSpec, Settings},
};
use expect_test::{Expect, expect};
use serde_json::json;

fn mistake(text: &str) -> String {
    match Settings::parse(text) {
        Ok(_) => panic!("these settings work:\n{text}"),
        Err(error) => format!("{error:#}"),
    }
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&mistake(text));
}

#[test]
fn an_empty_file_works_and_opens_nothing_beyond_this_machine() {
    let settings = Settings::parse("").expect("defaults");
    assert_eq!(settings.journal_dir().to_str(), Some("/var/lib/ostona/journal"));
    assert_eq!(settings.identity().to_str(), Some("/var/lib/ostona/identity.json"));
    assert!(settings.lan.listen.ip().is_loopback());
    assert!(settings.mqtt.plain.is_some_and(|plain| plain.ip().is_loopback()));
    assert!(settings.mqtt.tls.is_none() && settings.cloud.is_none() && settings.devices.is_empty());
}

#[test]
fn the_example_in_the_documentation_works() {
    let source = include_str!("../settings.rs");
    let example = source
        .split("/// ```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("/// ```\n").next());
    let lines = example
        .expect("an example")
        .lines()
        .map(|line| line.trim_start_matches("///").trim_start());
    let settings = Settings::parse(&lines.collect::<Vec<_>>().join("\n")).expect("it works");
    let names: Vec<_> = settings.devices.iter().map(|(device, _)| device.as_str()).collect();
    assert_eq!(names, ["lobby-terminal", "kiosk-1"]);
    assert!(settings.cloud.is_some() && settings.mqtt.tls.is_some());
}

#[test]
fn every_mistake_is_named_by_its_key() {
    check(
        "time_zone = \"Mars/Olympus\"",
        &expect![[r#"time_zone: "Mars/Olympus" is no time zone, e.g. Asia/Tashkent"#]],
    );
    check(
        "log = \"loud\"",
        &expect!["line 1: unknown variant `loud`, expected `text` or `json` in `log`"],
    );
    check(
        "[cloud]\nurl = \"ftp://cloud.example\"",
        &expect!["line 2: the cloud is reached by https or http, not by ftp in `cloud.url`"],
    );
    check("[cloud]", &expect!["missing field `url` in `cloud`"]);
    check(
        "[mqtt]\nplain = \"localhost\"",
        &expect!["line 2: invalid socket address syntax in `mqtt.plain`"],
    );
    check(
        "[mqtt]\ntls = { listen = \"0.0.0.0:8883\", cert = \"a\" }",
        &expect!["line 2: missing field `key` in `mqtt.tls`"],
    );
    check(
        "[lan]\nlisten = 8080",
        &expect!["line 2: invalid type: integer `8080`, expected socket address in `lan.listen`"],
    );
    check(
        "[lan]\nurl = \"192.168.1.10\"",
        &expect![[r#"lan.url: "192.168.1.10" is not http://host:port and nothing else"#]],
    );
    check(
        "[lan]\nurl = \"http://192.168.1.10/box\"",
        &expect![[r#"lan.url: "http://192.168.1.10/box" is not http://host:port and nothing else"#]],
    );
}

#[test]
fn limits_and_missing_keys_are_named_too() {
    check(
        "[journal]\nfacts_mb = 15",
        &expect!["journal.facts_mb: 15 is not 16 to 1000000"],
    );
    check(
        "[journal]\ntelemetry_mb = 1000001",
        &expect!["journal.telemetry_mb: 1000001 is not 16 to 1000000"],
    );
    check(
        "[journal]\nfacts_mb = -1",
        &expect!["line 2: invalid value: integer `-1`, expected u64 in `journal.facts_mb`"],
    );
    check(
        "[uplink]\ninterval_s = 0",
        &expect!["uplink.interval_s is 1 to 3600 seconds, not 0 in `uplink`"],
    );
    check(
        "[[device]]\nid = \"No Slug\"\nkind = \"gate\"",
        &expect![[
            r#"line 2: device id "No Slug" is not 1 to 63 of a-z, 0-9 and '-', starting with a letter or digit in `device.id`"#
        ]],
    );
    check(
        "[[device]]\nid = \"gate\"",
        &expect!["missing field `kind` in `device`"],
    );
    check(
        "[[device]]\nid = \"a\"\nkind = \"x\"\n[[device]]\nid = \"a\"\nkind = \"x\"",
        &expect!["device: a stands there twice"],
    );
}

#[test]
fn unknown_keys_are_refused() {
    for text in [
        "colour = 1",
        "[cloud]\nurl = \"https://cloud.example\"\ncolour = 1",
        "[mqtt]\ncolour = 1",
        "[mqtt.tls]\nlisten = \"0.0.0.0:1\"\ncert = \"a\"\nkey = \"b\"\ncolour = 1",
        "[lan]\ncolour = 1",
        "[journal]\ncolour = 1",
        "[uplink]\ncolour = 1",
        "[[device]]\nid = \"a\"\nkind = \"x\"\ncolour = 1",
    ] {
        let told = mistake(text);
        assert!(told.contains("colour"), "{text}: {told}");
    }
}

#[test]
fn no_mistake_quotes_a_secret() {
    for text in [
        "[[device]]\nid = \"a\"\nkind = \"x\"\nsettings = { password = \"hunter2 }",
        "[[device]]\nid = \"a\"\nkind = \"x\"\npassword = \"hunter2\"",
        "[[device]]\nid = \"a\"\nkind = \"x\"\ntoken = \"hunter2\"",
        "[[device]]\nid = \"a\"\nsettings = { password = \"hunter2\" }",
        "[[device]]\nid = \"a\"\nkind = \"x\"\nsettings = { password = \"hunter2\" } x",
        "[uplink]\nproxy = \"http://user:hunter2@\"",
    ] {
        let told = mistake(text);
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn no_debug_text_shows_a_devices_settings() {
    let text =
        "[[device]]\nid = \"a\"\nkind = \"x\"\nsettings = { password = \"hunter2\" }\ndesired = { pin = \"hunter2\" }";
    let settings = Settings::parse(text).expect("it works");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_document_spells_a_device_as_the_file_does() {
    let spec: DeviceSpec = serde_json::from_value(json!({ "kind": "kiosk" })).expect("the least");
    assert!(spec.adapter.is_none() && spec.settings.is_null() && spec.token.is_none() && spec.desired.is_none());
    let token = String::from(edge_broker::DeviceTokenHash::of("a"));
    let whole = json!({
        "kind": "terminal", "adapter": "hikvision", "settings": { "host": "10.0.0.7" },
        "token": token, "desired": { "volume": 3 },
    });
    let spec: DeviceSpec = serde_json::from_value(whole).expect("everything");
    assert_eq!(
        (spec.kind.as_str(), &spec.settings["host"]),
        ("terminal", &"10.0.0.7".into())
    );
    for (body, key) in [
        (json!({}), "kind"),
        (json!({ "kind": "x", "colour": 1 }), "colour"),
        (json!({ "kind": "x", "adapter": "No Slug" }), "adapter"),
    ] {
        let error = serde_json::from_value::<DeviceSpec>(body)
            .expect_err("a mistake")
            .to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn devices_are_told_an_address_they_can_reach_or_none() {
    let lan = |text: &str| Settings::parse(text).expect("it works").lan;
    let at = |text: &str| text.parse().expect("an address");
    let named = lan("[lan]\nurl = \"http://192.168.1.10:8080/\"");
    assert_eq!(
        push_base(&named, at("0.0.0.0:8080")).as_deref(),
        Some("http://192.168.1.10:8080")
    );
    let unnamed = lan("");
    assert_eq!(
        push_base(&unnamed, at("10.0.0.1:99")).as_deref(),
        Some("http://10.0.0.1:99")
    );
    assert_eq!(push_base(&unnamed, at("0.0.0.0:8080")), None);
    assert_eq!(push_base(&unnamed, at("[::]:8080")), None);
}
