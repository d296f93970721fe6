//! Whom a limit counts: an IPv4 address, or the /64 an IPv6 address is of, which is what one subscriber is given.
//!
//! Nobody is exempt, the box itself neither: what comes through a proxy beside it comes from its loopback.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// See the module. Without an address, where nobody knows it, all count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientNetwork(Option<IpAddr>);

impl ClientNetwork {
    /// The network of an address.
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(address.map(protocol::client_address::counted_network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_subscriber_is_one_and_a_mapped_address_is_the_ipv4_one() {
        let of = |text: &str| ClientNetwork::of(Some(text.parse().expect("an address")));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.168.1.7"), of("192.168.1.7"));
        assert_ne!(of("192.168.1.7"), of("192.168.1.8"));
    }
}
