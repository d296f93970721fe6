//! What the LAN port is told at its start.

use crate::CallSettings;
use protocol::{DeviceId, text::AgentVersion};
use std::{fmt, io, net::SocketAddr, path::PathBuf, sync::Arc};
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
