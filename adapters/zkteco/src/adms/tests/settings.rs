//! Settings: what works, and what is said about what does not.

use crate::ADMS;
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::time::Duration;

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(settings: Value, expect: Expect) {
    let said = match ADMS.plan(&settings) {
        Ok(plan) => format!("{:?}", plan.wants),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&said);
}

#[test]
fn the_caller_is_known_by_its_serial_number() {
    check(
        json!({"serial": "BJ2C194460123", "poll_s": 1, "unlock": "ac_unlock", "people": []}),
        expect![[r#"Calls(CallTarget { prefix: "iclock", key: "SN", name: "BJ2C194460123" })"#]],
    );
}

#[test]
fn a_terminal_that_asks_as_seldom_as_it_was_told_to_is_not_offline() {
    for poll in [1, 3, 20, 21, 60] {
        let plan = ADMS
            .plan(&json!({"serial": "A1", "poll_s": poll}))
            .expect("good settings");
        assert!(
            plan.lease >= Duration::from_secs(60).max(Duration::from_secs(3 * poll)),
            "{poll}"
        );
    }
}

#[test]
fn errors_name_the_key_and_quote_no_secret() {
    check(json!({}), expect!["missing field `serial`"]);
    check(
        json!({"serial": "A 1"}),
        expect!["serial: is no serial number of 1 to 64 letters, digits, -, _ and ."],
    );
    check(
        json!({"serial": "A1", "poll_s": 0}),
        expect!["poll_s: is no whole number from 1 to 60"],
    );
    check(
        json!({"serial": "A1", "unlock": "shell"}),
        expect!["unknown variant `shell`, expected `none` or `ac_unlock`"],
    );
    check(
        json!({"serial": "A1", "people": [{"person": "17", "pin": "secret"}]}),
        expect!["people.0: pin is none of up to 8 digits"],
    );
}

#[test]
fn the_schema_names_every_setting() {
    let schema: Value = serde_json::from_str(ADMS.manifest().settings_schema).expect("JSON");
    let named: Vec<&String> = schema["properties"].as_object().expect("an object").keys().collect();
    assert_eq!(
        named,
        ["people", "poll_s", "serial", "spot", "unlock", "utc_offset", "verified"]
    );
}
