//! Hikvision devices that answer to the vendor's search (SADP): a question to a multicast group, answers as XML.
//!
//! The form of question and answer is known from public descriptions of the protocol only, not from a capture: an answer is
//! taken for what it says where it says it, and whatever else it holds is ignored.

use super::DiscoveredDevice;
use crate::commissioning::text::plain;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::UdpSocket,
    time::{Instant, timeout_at},
};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const PORT: u16 = 37_020;
const PROBE: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe>\
    <Uuid>7F0A3C52-9E51-4B8E-9C43-0F5A1D2B6E77</Uuid><Types>inquiry</Types></Probe>";
/// Answers that are taken.
const MOST: usize = 500;

/// Asks, and listens for so long. Without the port, e.g. where another program holds it, nobody is heard.
pub(super) async fn probe(listen: Duration) -> Vec<DiscoveredDevice> {
    let until = Instant::now() + listen;
    match ask(until).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "Hikvision devices cannot be asked");
            Vec::new()
        }
    }
}

async fn ask(until: Instant) -> std::io::Result<Vec<DiscoveredDevice>> {
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT))).await?;
    socket.join_multicast_v4(GROUP, Ipv4Addr::UNSPECIFIED)?;
    socket
        .send_to(PROBE.as_bytes(), SocketAddr::from((GROUP, PORT)))
        .await?;
    let mut found = Vec::new();
    let mut datagram = vec![0; 8192];
    while let Ok(received) = timeout_at(until, socket.recv_from(&mut datagram)).await {
        let (length, peer) = received?;
        let answer = datagram.get(..length).unwrap_or_default();
        if found.len() < MOST {
            found.extend(read(&String::from_utf8_lossy(answer), peer.ip()));
        }
    }
    Ok(found)
}

/// Reads an answer; our own question, heard back, is none.
pub(super) fn read(answer: &str, peer: IpAddr) -> Option<DiscoveredDevice> {
    if !answer.contains("<ProbeMatch>") {
        return None;
    }
    let tag = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(plain(text))
    };
    let place = tag("IPv4Address")
        .and_then(|address| address.parse::<IpAddr>().ok())
        .unwrap_or(peer);
    let says = ["DeviceDescription", "DeviceSN", "SoftwareVersion"]
        .into_iter()
        .filter_map(tag);
    let says = says.collect::<Vec<_>>().join(", ");
    let what = if tag("Activated").is_some_and(|activated| activated.eq_ignore_ascii_case("false")) {
        "Hikvision device without a password yet"
    } else {
        "Hikvision device"
    };
    Some(DiscoveredDevice {
        by: "sadp",
        place: format!("{place}:{}", tag("HttpPort").unwrap_or_else(|| "80".to_owned())),
        what: what.to_owned(),
        says,
    })
}
