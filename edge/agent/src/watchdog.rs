//! Tells systemd that the agent is ready, and that its kernel still answers (sd_notify(3), over a datagram socket).
//!
//! A dead thread in a living process is the worst of both: a kernel that does not answer is not reported as alive, and
//! systemd starts the agent anew.

use edge_kernel::Port;
use std::{
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Where systemd listens; not there when nobody does.
struct Notifier(UnixDatagram);

impl Notifier {
    fn from_environment() -> Option<Self> {
        let path = std::env::var("NOTIFY_SOCKET").ok()?;
        let address = match path.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name).ok()?,
            None => SocketAddr::from_pathname(path).ok()?,
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.connect_addr(&address).ok()?;
        Some(Self(socket))
    }
    fn say(&self, state: &str) {
        if let Err(error) = self.0.send(state.as_bytes()) {
            tracing::debug!(%error, "systemd does not listen");
        }
    }
}

/// Says that the agent is ready, then that it is alive for as long as the kernel answers.
pub(crate) async fn run(port: Port, stop: CancellationToken) {
    let Some(notifier) = Notifier::from_environment() else {
        return;
    };
    notifier.say("READY=1");
    let asked = std::env::var("WATCHDOG_USEC")
        .ok()
        .and_then(|text| text.parse().ok())
        .map(Duration::from_micros);
    if let Some(limit) = asked {
        // Half the limit, as sd_watchdog_enabled(3) advises.
        let mut beats = tokio::time::interval((limit / 2).max(Duration::from_millis(100)));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = beats.tick() => {}
            }
            if matches!(tokio::time::timeout(limit, port.status()).await, Ok(Ok(_))) {
                notifier.say("WATCHDOG=1");
            }
        }
    }
    stop.cancelled().await;
    notifier.say("STOPPING=1");
}
