//! Who gives way to whom.

use super::{Admission, PeerNetwork};
use crate::settings::BrokerLimits;
use std::{net::IpAddr, sync::Arc};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn admission() -> Arc<Admission> {
    Admission::new(&BrokerLimits {
        connections: 1,
        strangers: 4,
        strangers_per_network: 3,
        ..BrokerLimits::default()
    })
}

#[test]
fn the_oldest_stranger_of_the_fullest_network_gives_way() {
    let admission = admission();
    let crowd: Vec<_> = (0..4).map(|_| admission.enter(ip("10.0.0.1"))).collect();
    let gone = |index: usize| crowd[index].evicted.is_cancelled();
    assert_eq!(
        [gone(0), gone(1), gone(2), gone(3)],
        [true, false, false, false],
        "three of one network"
    );
    let other = admission.enter(ip("10.0.0.2"));
    let late = admission.enter(ip("10.0.0.3"));
    assert_eq!([gone(1), gone(2), gone(3)], [true, false, false]);
    assert!(!other.evicted.is_cancelled() && !late.evicted.is_cancelled());
}

#[test]
fn strangers_never_take_a_devices_place() {
    let admission = admission();
    let _crowd: Vec<_> = (0..100).map(|_| admission.enter(ip("10.0.0.1"))).collect();
    let device = admission.admit_device().expect("a place");
    assert!(admission.admit_device().is_none(), "there is one");
    drop(device);
    assert!(admission.admit_device().is_some());
}

#[test]
fn a_host_is_its_64_and_an_ipv4_address_is_one_however_it_is_written() {
    let network = |text: &str| PeerNetwork::from(ip(text));
    assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1:2:3"));
    assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
    assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
}
