//! By which names the box may be asked: a page of another site that made its own name lead here is told no, so that it
//! never reads what this box shows (DNS rebinding).
//!
//! An address is no name that anybody else could have, nor is `localhost` or one that ends in `.local`.

use std::{collections::BTreeSet, net::IpAddr};

/// Names of the box beside its addresses, as the settings give them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostNames(BTreeSet<String>);

impl<N: AsRef<str>> FromIterator<N> for HostNames {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        Self(
            names
                .into_iter()
                .map(|name| name.as_ref().to_ascii_lowercase())
                .collect(),
        )
    }
}

impl HostNames {
    /// Whether the value of a `Host` header, with or without a port, is this box.
    pub(crate) fn include(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_address = name.parse::<IpAddr>().is_ok();
        is_address || name == "localhost" || name.ends_with(".local") || self.0.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_own_names_are_the_box_and_a_page_elsewhere_is_not() {
        let names: HostNames = ["Queue.Bank.uz"].into_iter().collect();
        for host in [
            "192.168.1.20:8080",
            "127.0.0.1",
            "[fe80::1]:8080",
            "localhost:80",
            "ostona.local",
            "queue.bank.UZ.:8080",
        ] {
            assert!(names.include(host), "{host}");
        }
        for host in [
            "evil.example",
            "192.168.1.20.evil.example:8080",
            "local",
            "bank.uz",
            "",
            "[]",
            "queue.bank.uz.evil",
        ] {
            assert!(!names.include(host), "{host}");
        }
    }
}
