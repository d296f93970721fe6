//! Networks, ports, buses, answers and the table, each by itself.

use super::{DiscoveredDevice, Net, buses, port_scan, sadp, table};
use expect_test::{Expect, expect};
use std::net::{IpAddr, Ipv4Addr, TcpListener};

fn hosts(text: &str, expected: &Expect) {
    let told = match text.parse::<Net>() {
        Ok(net) => {
            let hosts = net.hosts();
            let (first, last) = (hosts.first().expect("one"), hosts.last().expect("one"));
            format!("{} hosts, {first} to {last}", hosts.len())
        }
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn networks_are_of_a_bounded_size() {
    hosts("192.168.1.77/24", &expect!["254 hosts, 192.168.1.1 to 192.168.1.254"]);
    hosts("10.0.0.9", &expect!["1 hosts, 10.0.0.9 to 10.0.0.9"]);
    hosts("10.0.0.9/32", &expect!["1 hosts, 10.0.0.9 to 10.0.0.9"]);
    hosts("10.0.0.9/31", &expect!["2 hosts, 10.0.0.8 to 10.0.0.9"]);
    hosts(
        "255.255.255.255/20",
        &expect!["4094 hosts, 255.255.240.1 to 255.255.255.254"],
    );
    hosts("::1", &expect!["1 hosts, ::1 to ::1"]);
    let refused = expect![[r#""10.0.0.0/8" is no address and no IPv4 network from /20 on, e.g. 192.168.1.0/24"#]];
    hosts("10.0.0.0/8", &refused);
    hosts(
        "printer",
        &expect![[r#""printer" is no address and no IPv4 network from /20 on, e.g. 192.168.1.0/24"#]],
    );
}

#[tokio::test]
async fn an_open_port_is_found_and_a_closed_one_is_not() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let open = listener.local_addr().expect("an address").port();
    let closed = {
        let other = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        other.local_addr().expect("an address").port()
    };
    let ports = Box::leak(Box::new([(open, "ours"), (closed, "nobody's")]));
    let found = port_scan::knock(&["127.0.0.1/32".parse().expect("a net")], ports).await;
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|found| (found.place.as_str(), found.what.as_str()))
        .collect();
    assert_eq!(found, [(format!("127.0.0.1:{open}").as_str(), "ours")]);
}

#[test]
fn buses_are_listed_by_name() {
    let dev = tempfile::tempdir().expect("a directory");
    for folder in ["serial/by-id", "usb", "input/by-id"] {
        std::fs::create_dir_all(dev.path().join(folder)).expect("a folder");
    }
    for file in [
        "ttyUSB0",
        "tty1",
        "gpiochip0",
        "usb/lp0",
        "usb/hiddev0",
        "input/by-id/usb-Scanner-event-kbd",
        "input/by-id/usb-Mouse",
    ] {
        std::fs::write(dev.path().join(file), "").expect("a file");
    }
    std::os::unix::fs::symlink("../../ttyUSB0", dev.path().join("serial/by-id/usb-FTDI\u{1b}[31m-0")).expect("a link");
    let mut found = buses::list(dev.path());
    found.sort();
    let root = dev.path().display().to_string();
    let text: String = found
        .iter()
        .map(|found| format!("{} {} {}\n", found.place.replace(&root, "/dev"), found.what, found.says))
        .collect();
    expect![[r#"
        /dev/gpiochip0 GPIO chip 
        /dev/input/by-id/usb-Scanner-event-kbd keyboard or scanner 
        /dev/serial/by-id/usb-FTDI[31m-0 serial port ttyUSB0
        /dev/ttyUSB0 serial port 
        /dev/usb/lp0 USB printer 
    "#]]
    .assert_eq(&text);
    assert!(buses::list(&dev.path().join("elsewhere")).is_empty());
}

#[test]
fn answers_to_the_vendor_s_search_are_taken_for_what_they_say() {
    let peer = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 64));
    let answer = "<?xml version=\"1.0\"?><ProbeMatch><Uuid>x</Uuid><DeviceDescription>DS-K1T342MWX</DeviceDescription>\
        <DeviceSN>DS-K1T\u{7}342</DeviceSN><HttpPort>8080</HttpPort><IPv4Address>10.0.0.65</IPv4Address>\
        <SoftwareVersion>V3.16.1</SoftwareVersion><Activated>false</Activated></ProbeMatch>";
    let found = sadp::read(answer, peer).expect("a device");
    expect![[r#"DiscoveredDevice { by: "sadp", place: "10.0.0.65:8080", what: "Hikvision device without a password yet", says: "DS-K1T342MWX, DS-K1T342, V3.16.1" }"#]]
        .assert_eq(&format!("{found:?}"));
    assert_eq!(
        sadp::read("<ProbeMatch></ProbeMatch>", peer).map(|found| found.place),
        Some("10.0.0.64:80".to_owned())
    );
    assert_eq!(sadp::read("<Probe><Types>inquiry</Types></Probe>", peer), None);
}

#[test]
fn fuzz_answers() {
    bolero::check!().with_iterations(2000).for_each(|bytes: &[u8]| {
        let text = format!("<ProbeMatch>{}", String::from_utf8_lossy(bytes));
        let found = sadp::read(&text, IpAddr::V4(Ipv4Addr::LOCALHOST)).expect("it has the mark");
        assert!(
            found
                .says
                .chars()
                .all(|character| character.is_ascii_graphic() || character == ' ')
        );
    });
}

#[test]
fn what_is_found_stands_in_columns() {
    let found = |by, place: &str, what: &str| DiscoveredDevice {
        by,
        place: place.to_owned(),
        what: what.to_owned(),
        says: String::new(),
    };
    let lines = table(&[
        found("bus", "/dev/ttyUSB0", "serial port"),
        found("port", "10.0.0.9:4370", "ZKTeco terminal"),
    ]);
    expect![[r#"
        BY    PLACE          WHAT             SAYS
        bus   /dev/ttyUSB0   serial port
        port  10.0.0.9:4370  ZKTeco terminal"#]]
    .assert_eq(&lines.join("\n"));
    assert_eq!(table(&[])[1], "nothing was found");
}
