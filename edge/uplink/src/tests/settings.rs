//! Settings, addresses and waits: pure things.

use crate::{CloudUrl, PlaintextPolicy, Proxy, Roots, Settings};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn parse(text: &str, expected: &Expect) {
    let shown = match toml::from_str::<Settings>(text) {
        Ok(settings) => format!(
            "{:?} {:?} {:?} {:?}",
            settings.proxy, settings.roots, settings.plain, settings.timing.interval
        ),
        Err(error) => error.message().to_owned(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn settings_are_parsed_into_something_usable() {
    parse("", &expect!["None Public LoopbackOnly 30s"]);
    parse(
        "proxy = \"http://ali:s3cr%40t@10.0.0.1:3128\"\nca_file = \"/ca.pem\"\nallow_plain = true",
        &expect![[r#"Some(Proxy { host_port: "10.0.0.1:3128", .. }) PublicAnd("/ca.pem") Anywhere 30s"#]],
    );
    parse(
        "ca_file = \"/ca.pem\"\npublic_roots = false\ninterval_s = 5",
        &expect![[r#"None Only("/ca.pem") LoopbackOnly 5s"#]],
    );
    parse(
        "public_roots = false",
        &expect!["uplink.public_roots = false needs a uplink.ca_file"],
    );
    parse(
        "interval_s = 0",
        &expect!["uplink.interval_s is 1 to 3600 seconds, not 0"],
    );
    parse(
        "proxy = \"socks5://x\"",
        &expect!["uplink.proxy is not of the form http://[user:password@]host:port"],
    );
    parse(
        "verify = false",
        &expect![
            "unknown field `verify`, expected one of `interval_s`, `proxy`, `ca_file`, `public_roots`, `allow_plain`"
        ],
    );
}

#[test]
fn a_proxys_password_is_decoded_and_never_shown() {
    let proxy: Proxy = "http://ali:s3cr%40t@10.0.0.1".parse().unwrap();
    assert_eq!(proxy.login.as_ref().unwrap().password.as_str(), "s3cr@t");
    assert!(!format!("{proxy:?}").contains("s3cr"));
    assert_eq!(Roots::default(), Roots::Public);
}

fn address(text: &str, expected: &Expect) {
    let shown = match text.parse::<CloudUrl>() {
        Ok(url) => match url.check(PlaintextPolicy::LoopbackOnly) {
            Ok(()) => format!("{url} authority {}", url.authority()),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn clouds_are_found_at_an_origin_and_in_the_clear_only_here() {
    address(
        "https://Cloud.Example.org",
        &expect!["https://cloud.example.org authority cloud.example.org"],
    );
    address(
        "https://cloud.example.org:443/",
        &expect!["https://cloud.example.org authority cloud.example.org"],
    );
    address(
        "https://10.0.0.1:8443",
        &expect!["https://10.0.0.1:8443 authority 10.0.0.1:8443"],
    );
    address(
        "http://127.0.0.1:8080",
        &expect!["http://127.0.0.1:8080 authority 127.0.0.1:8080"],
    );
    address("http://[::1]:8080", &expect!["http://[::1]:8080 authority [::1]:8080"]);
    address("http://localhost", &expect!["http://localhost authority localhost"]);
    address(
        "http://cloud.example.org",
        &expect![
            "cloud.example.org is another machine: use https, or set allow_plain = true if the way there is trusted"
        ],
    );
    address(
        "ftp://cloud.example.org",
        &expect!["the cloud is reached by https or http, not by ftp"],
    );
    address(
        "https://a:b@cloud.example.org",
        &expect!["the cloud's address is scheme, host and port only, without user, path or query"],
    );
    address(
        "https://cloud.example.org/v2",
        &expect!["the cloud's address is scheme, host and port only, without user, path or query"],
    );
    address(
        "cloud",
        &expect!["the cloud's address is not a URL such as https://cloud.example.org"],
    );
}

proptest! {
    #[test]
    fn no_text_makes_an_address_panic(text: String) {
        if let Ok(url) = text.parse::<CloudUrl>() {
            prop_assert_eq!(url.to_string().parse::<CloudUrl>().unwrap(), url);
        }
        let _ = text.parse::<Proxy>();
    }
}
