//! Settings: what works, and what is said about what does not.

use crate::ADAPTER;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(changes: Value, expect: Expect) {
    let mut settings = json!({"modbus": {"host": "10.0.0.9"}, "outputs": {"a": 0}});
    let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
        panic!("settings are objects")
    };
    all.extend(changes);
    all.retain(|_, value| !value.is_null());
    let said = match ADAPTER.plan(&settings) {
        Ok(plan) => format!("{:?}", plan.wants),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&said);
}

#[test]
fn the_lines_are_the_ones_asked_for() {
    check(
        json!({}),
        expect![[
            r#"Several([Modbus(ModbusTarget { via: Tcp(SocketTarget { host: "10.0.0.9", port: 502 }), unit: 1 })])"#
        ]],
    );
    check(
        json!({"modbus": {"serial": "/dev/ttyUSB0", "parity": "even", "unit": 7}}),
        expect![[
            r#"Several([Modbus(ModbusTarget { via: Rtu(SerialTarget { path: "/dev/ttyUSB0", baud: 9600, parity: Even, stop_bits: One }), unit: 7 })])"#
        ]],
    );
    let reader = json!({"way": "wiegand", "side": "a", "chip": "/dev/gpiochip0", "d0": 17, "d1": 27});
    check(
        json!({
            "modbus": null,
            "gpio": {"chip": "/dev/gpiochip0", "active": "low"},
            "inputs": {"pass_a": {"at": 5}, "ready": {"at": 6}},
            "readers": [reader],
        }),
        expect![[
            r#"Several([Gpio(GpioTarget { chip: "/dev/gpiochip0", outputs: [OutputPin { offset: 0, active: Low }], inputs: [InputPin { offset: 5, active: High, bias: PullUp, debounce: 5ms }, InputPin { offset: 6, active: Low, bias: PullUp, debounce: 5ms }] }), Gpio(GpioTarget { chip: "/dev/gpiochip0", outputs: [], inputs: [InputPin { offset: 17, active: Low, bias: PullUp, debounce: 0ns }, InputPin { offset: 27, active: Low, bias: PullUp, debounce: 0ns }] })])"#
        ]],
    );
}

#[test]
fn errors_name_the_key_and_the_limit() {
    check(
        json!({"gpio": {"chip": "/dev/gpiochip0"}}),
        expect!["modbus, gpio, osdp: a gate has exactly one of them"],
    );
    check(
        json!({"modbus": {"serial": "/etc/passwd"}}),
        expect!["modbus.serial: is no path below /dev"],
    );
    check(
        json!({"modbus": {"host": "a b"}}),
        expect!["modbus.host: is neither a host name nor an IP address"],
    );
    check(
        json!({"modbus": {"serial": "/dev/ttyS0", "unit": 255}}),
        expect!["modbus.unit: is no whole number from 1 to 247"],
    );
    check(json!({"outputs": {}}), expect!["outputs: neither side has one"]);
    check(
        json!({"outputs": {"a": 1, "b": 1}}),
        expect!["outputs: two things have the same number"],
    );
    check(
        json!({"inputs": {"pass_a": {"at": 1}, "fire": {"at": 4000}}}),
        expect!["inputs: they lie 2000 or more apart"],
    );
    check(
        json!({"pulse_ms": 50}),
        expect!["pulse_ms: is no whole number from 100 to 5000"],
    );
    check(
        json!({"pulse_ms": 2000, "passage_s": 1}),
        expect!["pulse_ms: is longer than passage_s"],
    );
    check(json!({"grants": 0}), expect!["grants: is no whole number from 1 to 8"]);
}

#[test]
fn nobody_is_quoted() {
    let reader = json!({"way": "wiegand", "side": "b", "chip": "/dev/gpiochip0", "d0": 17, "d1": 27});
    check(
        json!({"readers": [reader]}),
        expect!["readers: one stands at a side without an output"],
    );
    let reader = json!({"way": "wiegand", "side": "a", "chip": "/dev/gpiochip0", "d0": 17, "d1": 27, "bits": 37});
    check(
        json!({"readers": [reader]}),
        expect!["readers.0: bits: is neither 26 nor 34"],
    );
    check(
        json!({"readers": [{"way": "smoke", "key": "secret"}]}),
        expect!["readers.0: way: is neither wiegand nor osdp"],
    );
    check(
        json!({"keys": [{"person": "17", "card": 4711}, {"person": "18", "card": 4711}]}),
        expect!["keys.1: its card stands there twice"],
    );
    check(
        json!({"keys": [{"person": "17", "card": "secret"}]}),
        expect!["keys.0: card is no number above 0"],
    );
    check(
        json!({"keys": [{"person": "secret name", "card": 4711}]}),
        expect!["keys.0: person is no number of 1 to 64 letters, digits, - and _"],
    );
    check(
        json!({"keys": [{"person": "17", "card": 4711, "sides": ["c"]}]}),
        expect!["keys.0: sides is no list of a and b"],
    );
    check(
        json!({"keys": [{"person": "17", "card": 4711, "until": "soon"}]}),
        expect!["keys.0: from or until is no time such as 2026-11-20T09:30:00+05:00"],
    );
    check(
        json!({"keys": [{"person": "17", "card": 4711, "pin": "secret"}]}),
        expect!["keys.0: holds more than person, card, sides, from and until"],
    );
}

#[test]
fn the_schema_names_every_setting() {
    let schema: Value = serde_json::from_str(ADAPTER.manifest().settings_schema).expect("JSON");
    let named: Vec<&str> = schema["properties"]
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let mut known = [
        "modbus",
        "gpio",
        "osdp",
        "outputs",
        "inputs",
        "mode",
        "pulse_ms",
        "passage_s",
        "grants",
        "stuck_s",
        "spots",
        "a_leads",
        "readers",
        "keys",
        "unsynced_clock",
    ];
    known.sort_unstable();
    assert_eq!(named, known);
}
