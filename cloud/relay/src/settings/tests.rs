//! Settings files: what they may say, and what is said where they say something else.

use super::Settings;
use cloud_http::PublicScheme;
use expect_test::{Expect, expect};

fn check(text: &str, expected: &Expect) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("settings.toml");
    std::fs::write(&path, text).expect("written");
    let shown = match Settings::read(&path) {
        Ok(settings) => format!("{} {}", settings.listen, settings.limits.per_edge),
        Err(error) => std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn nothing_said_is_loopback_only() {
    check("", &expect!["127.0.0.1:8440 100"]);
    assert!(Settings::default().listen.ip().is_loopback());
}

#[test]
fn what_is_said_counts() {
    check("listen = \"[::1]:1\"\n[limits]\nper_edge = 7", &expect!["[::1]:1 7"]);
}

#[test]
fn what_is_no_setting_is_named() {
    check(
        "[limits]\nper_egde = 7",
        &expect![[r#"
            TOML parse error at line 2, column 1
              |
            2 | per_egde = 7
              | ^^^^^^^^
            unknown field `per_egde`, expected one of `per_address`, `per_edge`, `enrolments`, `sockets`, `connections`, `connections_per_address`, `requests`, `sign_ins`, `visitors`, `per_ticket`, `org_mib`
        "#]],
    );
    check(
        "[limits]\nper_edge = 0",
        &expect![[r#"
            TOML parse error at line 2, column 12
              |
            2 | per_edge = 0
              |            ^
            invalid value: integer `0`, expected a nonzero u32
        "#]],
    );
}

#[test]
fn proxies_and_the_public_url_are_checked() {
    check(
        "public_url = \"https://cloud.example.uz\"\n[proxy]\ntrusted = [\"127.0.0.1\", \"10.0.0.0/8\"]\nsays = \"forwarded\"",
        &expect!["127.0.0.1:8440 100"],
    );
    for wrong in [
        "public_url = \"cloud.example.uz\"",
        "public_url = \"https://cloud.example.uz/ostona\"",
        "[proxy]\ntrusted = [\"10.0.0.0/40\"]",
        "[proxy]\nsays = \"x-real-ip\"",
    ] {
        assert!(toml::from_str::<Settings>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_public_url_decides_about_tls_not_the_listener() {
    let scheme = |text: &str| toml::from_str::<Settings>(text).map(|settings| settings.scheme());
    assert_eq!(scheme(""), Ok(PublicScheme::Http));
    assert_eq!(
        scheme("public_url = \"https://cloud.example.uz\""),
        Ok(PublicScheme::Https)
    );
    let tls = "[tls]\ncert = \"c\"\nkey = \"k\"";
    assert_eq!(scheme(tls), Ok(PublicScheme::Https));
    assert_eq!(
        scheme(&format!("public_url = \"http://127.0.0.1:1\"\n{tls}")),
        Ok(PublicScheme::Http)
    );
}
