//! What the broker is told at its start: where to listen, and how much is too much.

use std::{net::SocketAddr, sync::Arc, time::Duration};

/// Where and within which limits the broker works.
#[derive(Clone)]
pub struct Settings {
    /// Address of the plain listener; port 0 takes any.
    pub plain: Option<SocketAddr>,
    /// Address of the TLS listener and its certificates, see [`crate::tls_config`].
    pub tls: Option<(SocketAddr, Arc<rustls::ServerConfig>)>,
    /// How much is too much.
    pub limits: BrokerLimits,
    /// Called once when the router died or fell silent for [`BrokerLimits::router_silence`]. Must end the process.
    pub abort: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tls = self.tls.as_ref().map(|(address, _)| address);
        f.debug_struct("Settings")
            .field("plain", &self.plain)
            .field("tls", &tls)
            .finish_non_exhaustive()
    }
}

/// How much is too much. Defaults suit a Pi with 500 devices.
#[derive(Debug, Clone)]
pub struct BrokerLimits {
    /// Connections of devices that have signed in.
    pub connections: usize,
    /// Connections that have not, handshakes included, beside those.
    pub strangers: usize,
    /// Of these from one network: an IPv4 address, an IPv6 /64.
    pub strangers_per_network: usize,
    /// Longest CONNECT taken, its will included, bytes: nothing longer is read of a stranger.
    pub connect_bytes: usize,
    /// From TCP accept to the end of the TLS handshake.
    pub handshake: Duration,
    /// From there to a complete CONNECT.
    pub connect: Duration,
    /// How long bytes to a device may stay unconfirmed by its network before the connection is dropped: no later than
    /// this after it was written can a request still reach the device.
    pub undelivered: Duration,
    /// Longest packet taken, bytes; announced to MQTT 5 clients.
    pub packet_bytes: usize,
    /// Longest payload taken, bytes.
    pub payload_bytes: usize,
    /// Publications per second and device; beyond that the socket is not read.
    pub publications_per_s: u32,
    /// Bytes per second and device; beyond that the socket is not read.
    pub bytes_per_s: u32,
    /// Unacknowledged publications of one device; beyond that the socket is not read.
    pub incoming: u16,
    /// Unacknowledged publications to one device.
    pub outgoing: u16,
    /// Publications waiting for one session.
    pub queue_len: usize,
    /// Bytes waiting for one session.
    pub queue_bytes: usize,
    /// Retained publications of one device.
    pub retained_len: usize,
    /// Bytes of one device's retained publications.
    pub retained_bytes: usize,
    /// Filters of one session.
    pub filters: usize,
    /// Sign-ins that may fail per address and minute before refusals are delayed.
    pub failures_per_min: u32,
    /// How long the router may be silent.
    pub router_silence: Duration,
    /// How long connections have to end in good order at a shutdown.
    pub shutdown_grace: Duration,
}

impl Default for BrokerLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            strangers: 256,
            strangers_per_network: 128,
            connect_bytes: 2048,
            handshake: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            undelivered: Duration::from_secs(15),
            packet_bytes: 66 * 1024,
            payload_bytes: 64 * 1024,
            publications_per_s: 1000,
            bytes_per_s: 8 << 20,
            incoming: 256,
            outgoing: 64,
            queue_len: 4096,
            queue_bytes: 4 << 20,
            retained_len: 1024,
            retained_bytes: 1 << 20,
            filters: 64,
            failures_per_min: 5,
            router_silence: Duration::from_secs(5),
            shutdown_grace: Duration::from_secs(3),
        }
    }
}
