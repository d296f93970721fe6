//! Knocking at ports of given hosts: a connection is opened and closed, and nothing is said.

use super::{DiscoveredDevice, Net};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, sync::Semaphore, task::JoinSet, time::timeout};

/// Ports and what usually answers there.
pub(super) const PORTS: &[(u16, &str)] = &[
    (80, "HTTP: Hikvision and others"),
    (443, "HTTPS: Hikvision and others"),
    (502, "Modbus TCP: relay board, turnstile"),
    (631, "IPP: printer"),
    (4370, "ZKTeco terminal"),
    (9100, "raw printing: receipt or label printer"),
];
/// Connections at once.
const AT_ONCE: usize = 128;
/// Time for each.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);

/// Knocks at these ports of every host.
pub(super) async fn knock(nets: &[Net], ports: &'static [(u16, &'static str)]) -> Vec<DiscoveredDevice> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut knocking = JoinSet::new();
    let hosts: Vec<IpAddr> = nets.iter().flat_map(|net| net.hosts()).collect();
    for (host, (port, what)) in hosts
        .iter()
        .flat_map(|host| ports.iter().map(move |port| (*host, *port)))
    {
        // Waiting for a turn here, so that few tasks are there at once as well.
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
            break;
        };
        knocking.spawn(async move {
            let _turn = turn;
            let address = SocketAddr::new(host, port);
            let answered = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
            matches!(answered, Ok(Ok(_))).then(|| DiscoveredDevice {
                by: "port",
                place: address.to_string(),
                what: what.to_owned(),
                says: String::new(),
            })
        });
    }
    knocking.join_all().await.into_iter().flatten().collect()
}
