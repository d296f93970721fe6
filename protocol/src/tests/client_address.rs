//! Chains of proxies, honest and forged; every way to write an address.

use crate::client_address::{
    ProxyNetwork, ProxyProtocolError, SIGNATURE_V2, TrustedProxies, V2_HEAD, counted_network, parse_v1, parse_v2,
    v2_length,
};
use proptest::prelude::*;
use std::net::IpAddr;

fn proxies() -> TrustedProxies {
    let networks = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
    networks
        .map(|text| text.parse::<ProxyNetwork>().unwrap())
        .into_iter()
        .collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn x(peer: &str, values: &[&str]) -> String {
    proxies()
        .by_x_forwarded_for(ip(peer), values.iter().copied())
        .to_string()
}

fn f(peer: &str, values: &[&str]) -> String {
    proxies().by_forwarded(ip(peer), values.iter().copied()).to_string()
}

#[test]
fn the_rightmost_address_that_is_no_proxy_of_ours_asks() {
    assert_eq!(x("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    assert_eq!(
        x("127.0.0.1", &["198.51.100.7, 203.0.113.9, 10.1.1.1"]),
        "203.0.113.9",
        "forged in front"
    );
    assert_eq!(
        x("127.0.0.1", &["198.51.100.7", "203.0.113.9"]),
        "203.0.113.9",
        "two headers"
    );
    assert_eq!(x("127.0.0.1", &["10.9.9.9, 10.1.1.1"]), "10.9.9.9", "from within");
    assert_eq!(x("127.0.0.1", &[]), "127.0.0.1");
    assert_eq!(x("::ffff:127.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
}

#[test]
fn a_stranger_is_not_believed() {
    assert_eq!(x("203.0.113.5", &["127.0.0.1"]), "203.0.113.5");
    assert_eq!(f("203.0.113.5", &["for=127.0.0.1"]), "203.0.113.5");
    let none = TrustedProxies::default();
    assert_eq!(
        none.by_x_forwarded_for(ip("127.0.0.1"), ["203.0.113.9"].into_iter()),
        ip("127.0.0.1")
    );
}

#[test]
fn every_way_to_write_an_address_is_read() {
    for written in [
        "2001:db8::1",
        "[2001:db8::1]",
        "[2001:db8::1]:443",
        "[2001:db8::1]:_port",
    ] {
        assert_eq!(x("127.0.0.1", &[written]), "2001:db8::1", "{written}");
        assert_eq!(
            f("127.0.0.1", &[&format!("for=\"{written}\"")]),
            "2001:db8::1",
            "{written}"
        );
    }
    assert_eq!(x("127.0.0.1", &["203.0.113.9:5131"]), "203.0.113.9");
    assert_eq!(
        f("127.0.0.1", &["By=10.0.0.1;FOR=203.0.113.9:_x;proto=https"]),
        "203.0.113.9"
    );
}

#[test]
fn a_hop_that_hides_ends_at_the_proxy_that_named_it() {
    for hidden in ["unknown", "_hidden", "", "203.0.113", "fe80::1%eth0"] {
        assert_eq!(
            x("127.0.0.1", &[&format!("198.51.100.7, {hidden}, 10.1.1.1")]),
            "10.1.1.1",
            "{hidden}"
        );
        assert_eq!(
            f("127.0.0.1", &[&format!("for=198.51.100.7, for={hidden}, for=10.1.1.1")]),
            "10.1.1.1"
        );
    }
    assert_eq!(f("127.0.0.1", &["for=198.51.100.7, proto=https"]), "127.0.0.1");
}

#[test]
fn an_open_quote_swallows_nothing_that_our_proxy_appended() {
    assert_eq!(f("127.0.0.1", &["for=\"198.51.100.7, for=203.0.113.9"]), "203.0.113.9");
    assert_eq!(f("127.0.0.1", &["for=\"a\\\", for=203.0.113.9"]), "203.0.113.9");
    assert_eq!(f("127.0.0.1", &["for=203.0.113.9;host=\"a,b;c\""]), "203.0.113.9");
}

#[test]
fn networks_are_checked() {
    for text in ["", "10.0.0.0/33", "example.org", "10.0.0.0/8/8", "::/129"] {
        assert!(text.parse::<ProxyNetwork>().is_err(), "{text}");
    }
    assert_eq!(counted_network(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
    assert_eq!(counted_network(ip("::ffff:203.0.113.9")), ip("203.0.113.9"));
}

#[test]
fn the_proxy_protocol_is_read_in_both_versions() {
    let read = |line: &str| parse_v1(line.as_bytes());
    let first = read("PROXY TCP4 203.0.113.9 10.0.0.1 5131 443\r\n").unwrap();
    assert_eq!(first.unwrap().to_string(), "203.0.113.9:5131");
    let second = read("PROXY TCP6 2001:db8::1 ::1 5131 443\r\n").unwrap();
    assert_eq!(second.unwrap().to_string(), "[2001:db8::1]:5131");
    assert_eq!(read("PROXY UNKNOWN\r\n"), Ok(None));
    assert_eq!(read("GET / HTTP/1.1\r\n"), Err(ProxyProtocolError::Absent));
    for bad in [
        "PROXY TCP4 ::1 ::1 1 1\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 70000 1\r\n",
    ] {
        assert_eq!(read(bad), Err(ProxyProtocolError::Malformed), "{bad}");
    }
    let mut head = [0; V2_HEAD];
    head[..12].copy_from_slice(&SIGNATURE_V2);
    head[12..].copy_from_slice(&[0x21, 0x11, 0, 12]);
    assert_eq!(v2_length(&head), Ok(12));
    let addresses = [203, 0, 113, 9, 10, 0, 0, 1, 0x14, 0x0b, 1, 0xbb];
    assert_eq!(
        parse_v2(&head, &addresses).unwrap().unwrap().to_string(),
        "203.0.113.9:5131"
    );
    assert_eq!(parse_v2(&head, &addresses[..11]), Err(ProxyProtocolError::Malformed));
    head[12] = 0x20;
    assert_eq!(parse_v2(&head, &[]), Ok(None), "a health check of the proxy itself");
    head[14] = 0xff;
    assert_eq!(v2_length(&head), Err(ProxyProtocolError::TooLong));
}

proptest! {
    #[test]
    fn nothing_a_stranger_writes_hides_them(forged in "[ -~]{0,80}") {
        let told = format!("{forged}, 203.0.113.9");
        prop_assert_eq!(x("127.0.0.1", &[&told]), "203.0.113.9");
        let told = format!("{forged}, for=203.0.113.9");
        prop_assert_eq!(f("127.0.0.1", &[&told]), "203.0.113.9");
    }

    #[test]
    fn no_bytes_make_the_proxy_protocol_panic(head in any::<[u8; V2_HEAD]>(), rest in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = (v2_length(&head), parse_v2(&head, &rest), parse_v1(&rest));
    }
}
