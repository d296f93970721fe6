//! Hosts to knock at: one address, or a network of a bounded size.

use std::{
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

/// The largest network that is knocked at: 4,094 hosts.
const WIDEST: u8 = 20;

/// One host, or an IPv4 network, e.g. `192.168.1.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Net {
    address: IpAddr,
    prefix: u8,
}

/// No network.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no address and no IPv4 network from /{WIDEST} on, e.g. 192.168.1.0/24")]
pub(crate) struct NetError(String);

impl FromStr for Net {
    type Err = NetError;
    fn from_str(text: &str) -> Result<Self, NetError> {
        let parsed = || {
            let Some((address, prefix)) = text.split_once('/') else {
                let address: IpAddr = text.parse().ok()?;
                let prefix = if address.is_ipv4() { 32 } else { 128 };
                return Some(Self { address, prefix });
            };
            let address = IpAddr::V4(address.parse().ok()?);
            let prefix = prefix.parse().ok().filter(|prefix| (WIDEST..=32).contains(prefix))?;
            Some(Self { address, prefix })
        };
        parsed().ok_or_else(|| NetError(text.chars().take(64).collect()))
    }
}

impl Net {
    /// Every host of it, without the network's own address and the broadcast address.
    pub(super) fn hosts(self) -> Vec<IpAddr> {
        let IpAddr::V4(address) = self.address else {
            return vec![self.address];
        };
        let size = 1_u32.checked_shl(u32::from(32 - self.prefix.min(32))).unwrap_or(1);
        let base = u32::from(address) & !(size - 1);
        let every = (base..=base.saturating_add(size - 1)).map(|host| IpAddr::V4(Ipv4Addr::from(host)));
        let every: Vec<IpAddr> = every.collect();
        match every.as_slice() {
            [_, hosts @ .., _] if size > 2 => hosts.to_vec(),
            _ => every,
        }
    }
}
