//! Who asks, where proxies stand in between: the rightmost address of the chain that is not one of our own proxies.
//!
//! Whatever a stranger wrote into a header is never believed: only what a proxy that is named in the settings appended to it.
//! Pure: addresses and header values are arguments.

mod forwarded;
mod proxy_protocol;

pub use proxy_protocol::{MAX_V1, MAX_V2, ProxyProtocolError, SIGNATURE_V2, V2_HEAD, parse_v1, parse_v2, v2_length};

use core::net::{IpAddr, Ipv6Addr};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How a proxy says whom it speaks for. Only this one way is looked at: a proxy passes on what it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForwardedBy {
    /// `X-Forwarded-For`: addresses, each proxy appends the one it was asked from.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// The PROXY protocol, version 1 or 2, in front of each connection.
    ProxyProtocol,
}

/// A network of proxies that are believed: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyNetwork(IpNet);

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address and no network such as 10.0.0.0/8")]
pub struct ProxyNetworkError(String);

impl FromStr for ProxyNetwork {
    type Err = ProxyNetworkError;
    fn from_str(text: &str) -> Result<Self, ProxyNetworkError> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| text.parse::<IpNet>());
        network
            .map(Self)
            .map_err(|_| ProxyNetworkError(text.chars().take(64).collect()))
    }
}

impl TryFrom<String> for ProxyNetwork {
    type Error = ProxyNetworkError;
    fn try_from(text: String) -> Result<Self, ProxyNetworkError> {
        text.parse()
    }
}

impl From<ProxyNetwork> for String {
    fn from(network: ProxyNetwork) -> Self {
        network.0.to_string()
    }
}

/// The proxies that are believed; none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrustedProxies(Vec<ProxyNetwork>);

impl FromIterator<ProxyNetwork> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = ProxyNetwork>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Extend<ProxyNetwork> for TrustedProxies {
    fn extend<I: IntoIterator<Item = ProxyNetwork>>(&mut self, networks: I) {
        self.0.extend(networks);
    }
}

impl TrustedProxies {
    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what comes from this address was written by one of our proxies.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.0.contains(&address))
    }

    /// Who asks, by the values of `X-Forwarded-For` in the order in which they came.
    pub fn by_x_forwarded_for<'h>(&self, peer: IpAddr, values: impl DoubleEndedIterator<Item = &'h str>) -> IpAddr {
        let hops = values.rev().flat_map(|value| value.rsplit(','));
        self.walk(peer, hops.map(|hop| forwarded::node(hop.trim())))
    }

    /// Who asks, by the values of `Forwarded` in the order in which they came.
    pub fn by_forwarded<'h>(&self, peer: IpAddr, values: impl DoubleEndedIterator<Item = &'h str>) -> IpAddr {
        let hops = values.rev().flat_map(forwarded::elements_from_the_right);
        self.walk(peer, hops.map(forwarded::node_of_element))
    }

    /// From the nearest hop outwards, as long as whoever names the next one is trusted. A hop that does not say its address
    /// (`unknown`, `_hidden`, garbage) ends the walk at the proxy that named it.
    fn walk(&self, peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut nearest = peer.to_canonical();
        for hop in hops {
            if !self.trusts(nearest) {
                break;
            }
            let Some(address) = hop else { break };
            nearest = address.to_canonical();
        }
        nearest
    }
}

/// What counts as one network where something is counted by address: an IPv6 address is its /64, for whoever has one has
/// all of it.
pub fn counted_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
