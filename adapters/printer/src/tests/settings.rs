//! Settings: what works, and what is said about what does not.

use crate::{ADAPTER, settings::Settings};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(settings: Value, expect: Expect) {
    let said = match Settings::parse(&settings) {
        Ok(settings) => format!("{:?}\n{:?}\n{:?}", settings.wants, settings.paper, settings.language),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&said);
}

#[test]
fn each_way_goes_with_its_languages_and_papers() {
    check(
        json!({"via": "tcp", "host": "10.0.0.9"}),
        expect![[r#"
        Tcp(SocketTarget { host: "10.0.0.9", port: 9100 })
        Paper { width: 576, dpi: 203, length: None }
        EscPos { cut: Partial, text: None, drawer: None }"#]],
    );
    check(
        json!({"via": "usb", "width_mm": 58, "cut": "none"}),
        expect![[r#"
        Chars("/dev/usb/lp0")
        Paper { width: 384, dpi: 203, length: None }
        EscPos { cut: None, text: None, drawer: None }"#]],
    );
    check(
        json!({"via": "serial", "path": "/dev/ttyUSB0", "baud": 19200, "text_page": "pc866", "text_page_number": 7}),
        expect![[r#"
            Serial(SerialTarget { path: "/dev/ttyUSB0", baud: 19200, parity: None, stop_bits: One })
            Paper { width: 576, dpi: 203, length: None }
            EscPos { cut: Partial, text: Some(TextMode { page: Pc866, number: 7, columns: 48 }), drawer: None }"#]],
    );
    check(
        json!({"via": "tcp", "host": "10.0.0.9", "language": "zpl", "width_mm": 100, "height_mm": 60, "dpi": 300}),
        expect![[r#"
            Tcp(SocketTarget { host: "10.0.0.9", port: 9100 })
            Paper { width: 1176, dpi: 300, length: Some(709) }
            Zpl"#]],
    );
    check(
        json!({"via": "ipp", "host": "fe80::1", "page": "a5"}),
        expect![[r#"
            Http(HttpTarget { base: "http://[fe80::1]:631", trust: Roots, connect_timeout: 5s })
            Paper { width: 1606, dpi: 300, length: None }
            Ipp { path: "/ipp/print", uri: "ipp://[fe80::1]:631/ipp/print", page: PwgPage { name: "iso_a5_148x210mm", width: 1748, height: 2480, margin: 71, dpi: 300 } }"#]],
    );
}

#[test]
fn errors_name_the_key() {
    check(
        json!({"via": "tcp"}),
        expect!["host: is neither a host name nor an IP address"],
    );
    check(
        json!({"via": "tcp", "host": "h", "language": "ipp"}),
        expect!["language: ipp goes with via ipp, and nothing else does"],
    );
    check(
        json!({"via": "tcp", "host": "h", "width_mm": 70}),
        expect!["width_mm: is neither 58 nor 80"],
    );
    check(
        json!({"via": "tcp", "host": "h", "page": "a4"}),
        expect!["page: is not for this language"],
    );
    check(
        json!({"via": "usb", "path": "/etc/passwd"}),
        expect!["path: is no file below /dev"],
    );
    check(json!({"via": "serial"}), expect!["path: is no file below /dev"]);
    check(
        json!({"via": "ipp", "host": "h", "status": "none"}),
        expect!["status: an IPP printer always answers"],
    );
    check(
        json!({"via": "ipp", "host": "h", "tls_sha256": "12"}),
        expect!["tls_sha256: is no SHA-256 in hexadecimal"],
    );
    check(
        json!({"via": "ipp", "host": "h", "path": "/a b"}),
        expect!["path: is no path such as /ipp/print"],
    );
    check(
        json!({"via": "usb", "text_page_number": 7}),
        expect!["text_page_number: is for a text_page"],
    );
    check(
        json!({"via": "usb", "colour": "red"}),
        expect![
            "unknown field `colour`, expected one of `via`, `host`, `port`, `path`, `baud`, `tls_sha256`, `language`, `width_mm`, `height_mm`, `dpi`, `page`, `cut`, `status`, `text_page`, `text_page_number`, `drawer`"
        ],
    );
}

#[test]
fn the_schema_names_every_setting() {
    let schema: Value = serde_json::from_str(ADAPTER.manifest().settings_schema).expect("JSON");
    let named: Vec<&String> = schema["properties"].as_object().expect("an object").keys().collect();
    let known = Settings::parse(&json!({"via": "tcp", "unknown": 1})).expect_err("unknown");
    for name in &named {
        assert!(
            known.0.contains(&format!("`{name}`")),
            "{name} is in the schema and not in {known}"
        );
    }
    assert_eq!(known.0.matches('`').count() / 2, named.len() + 1, "{known}");
}
