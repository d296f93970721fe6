//! What the LAN port is told at its start.

use crate::{CallSettings, HostNames};
use axum::http::HeaderMap;
use protocol::client_address::{ForwardedBy, TrustedProxies};
use protocol::{DeviceId, text::AgentVersion};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};
use tokio::sync::watch;

/// Where to listen and whom to let in.
pub struct LanSettings {
    /// Address; port 0 takes any.
    pub listen: SocketAddr,
    /// Who may report and push.
    pub device_auth: Arc<dyn DeviceAuth>,
    /// Devices that call.
    pub calls: CallSettings,
    /// How the link to the cloud is.
    pub link: watch::Receiver<CloudLink>,
    /// Version of the agent.
    pub version: AgentVersion,
    /// Proxies that say whom they speak for.
    pub proxies: LanProxies,
    /// Names it is asked by, beside its addresses.
    pub names: HostNames,
    /// Folder of the edge's own state: the box's code lies below it, and what areas keep in files.
    pub state: PathBuf,
}

impl fmt::Debug for LanSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanSettings")
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// Proxies whose word about the address at their other end is believed, and which word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LanProxies {
    /// Their networks; none: nobody's word is believed.
    pub trusted: TrustedProxies,
    /// How they say it; the PROXY protocol is not spoken here.
    pub forwarded_by: ForwardedBy,
}

impl LanProxies {
    /// Who asks, where `peer` is at the other end of the connection.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values = |name: &str| {
            let all: Vec<&str> = headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .collect();
            all.into_iter()
        };
        match self.forwarded_by {
            ForwardedBy::XForwardedFor => self.trusted.by_x_forwarded_for(peer, values("x-forwarded-for")),
            ForwardedBy::Forwarded => self.trusted.by_forwarded(peer, values("forwarded")),
            ForwardedBy::ProxyProtocol => peer,
        }
    }
}

/// Who may report and push.
pub trait DeviceAuth: Send + Sync {
    /// Whether `token` lets `device` report.
    fn admits(&self, device: &DeviceId, token: &str) -> bool;
    /// The secret in the URL that `device` pushes to; none: it may not push.
    fn push_token(&self, device: &DeviceId) -> Option<String>;
}

/// How the link to the cloud is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CloudLink {
    /// This box works without a cloud.
    #[default]
    Alone,
    /// Connected.
    Up,
    /// Not connected since this uptime, milliseconds.
    Down {
        /// Uptime when it went down.
        since_ms: u64,
    },
    /// The cloud turns this box away: `quarantined` or `revoked`.
    TurnedAway(String),
}

/// Why there is no LAN port.
#[derive(Debug, thiserror::Error)]
pub enum LanError {
    /// The address cannot be had.
    #[error("cannot listen on {listen}")]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}
