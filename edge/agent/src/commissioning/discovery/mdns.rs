//! Printers and other things that announce themselves (DNS-SD over multicast DNS, RFC 6762 and 6763).

use super::DiscoveredDevice;
use crate::commissioning::text::plain;
use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

/// What is asked for, and what it is.
const KINDS: &[(&str, &str)] = &[
    ("_ipp._tcp.local.", "IPP: printer"),
    ("_printer._tcp.local.", "LPD: printer"),
    ("_pdl-datastream._tcp.local.", "raw printing: receipt or label printer"),
    ("_http._tcp.local.", "HTTP"),
];
/// Announcements that are taken.
const MOST: usize = 500;

/// Listens for so long.
pub(super) async fn browse(listen: Duration) -> Vec<DiscoveredDevice> {
    let daemon = match ServiceDaemon::new() {
        Ok(daemon) => daemon,
        Err(error) => {
            tracing::warn!(%error, "nobody's announcements can be heard");
            return Vec::new();
        }
    };
    let until = Instant::now() + listen;
    let mut listening = JoinSet::new();
    for (kind, what) in KINDS {
        let Ok(events) = daemon.browse(kind) else { continue };
        listening.spawn(async move {
            let mut found = BTreeMap::new();
            while let Ok(Ok(event)) = timeout_at(until, events.recv_async()).await {
                if let ServiceEvent::ServiceResolved(announced) = event
                    && found.len() < MOST
                {
                    let name = announced.get_fullname().to_owned();
                    found.insert(name, discovered_device(&announced, kind, what));
                }
            }
            found.into_values().collect::<Vec<_>>()
        });
    }
    let found = listening.join_all().await;
    // Its thread ends with the process anyway.
    let _ = daemon.shutdown();
    found.into_iter().flatten().collect()
}

fn discovered_device(announced: &ResolvedService, kind: &str, what: &str) -> DiscoveredDevice {
    let mut addresses: Vec<_> = announced.get_addresses_v4().into_iter().collect();
    addresses.sort();
    let host = addresses
        .first()
        .map_or_else(|| plain(announced.get_hostname()), ToString::to_string);
    let name = announced.get_fullname();
    let name = name.strip_suffix(kind).unwrap_or(name).trim_end_matches('.');
    let more = announced
        .get_property_val_str("ty")
        .map_or_else(String::new, |make| format!(", {make}"));
    DiscoveredDevice {
        by: "mdns",
        place: format!("{host}:{}", announced.get_port()),
        what: what.to_owned(),
        says: plain(&format!("{name}{more}")),
    }
}
