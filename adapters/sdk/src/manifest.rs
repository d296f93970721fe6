//! What an adapter says of itself, and how it is started.

use crate::context::Context;
use std::{future::Future, pin::Pin, time::Duration};

/// An adapter's visiting card (A82).
#[derive(Debug, Clone, Copy)]
pub struct Manifest {
    /// The name of its folder, e.g. `hikvision`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// Makers whose devices it speaks to.
    pub vendors: &'static [&'static str],
    /// Version of the adapter.
    pub version: &'static str,
    /// Kinds of device it can be.
    pub kinds: &'static [&'static str],
    /// Dotted names of the commands it carries out.
    pub commands: &'static [&'static str],
    /// JSON Schema of its settings.
    pub settings_schema: &'static str,
}

/// One device family. Stateless: everything a device needs lives in the [`Plan`] made from its settings.
pub trait Adapter: Send + Sync {
    /// What it says of itself.
    fn manifest(&self) -> &'static Manifest;
    /// Checks one device's settings and says what line it needs.
    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError>;
}

/// Settings that cannot work. The text names the key and the limit, never a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// One device, ready to be driven: the line it needs, and the conversation.
pub struct Plan {
    /// The line to open.
    pub wants: Wants,
    /// Seconds of silence after which the device counts as offline, where the driver does not know better.
    pub lease: Duration,
    /// The conversation; called again after each failure, with backoff.
    pub drive: Drive,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("wants", &self.wants)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

/// Starts one run of the conversation. It ends only with a reason to start anew.
pub type Drive = Box<dyn Fn(Context) -> Pin<Box<dyn Future<Output = DriverError> + Send>> + Send + Sync>;

/// The line a device is spoken to through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    /// HTTP requests to one host.
    Http(HttpTarget),
    /// A TCP connection to one host.
    Tcp(SocketTarget),
    /// UDP datagrams to and from one host.
    Udp(SocketTarget),
}

/// One host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketTarget {
    /// Host name or IP address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// One HTTP host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// `http://host:port` or `https://host:port`, without a path. Requests go nowhere else, whatever the device says.
    pub base: String,
    /// Whom to believe on TLS.
    pub trust: TlsTrust,
    /// Time to connect.
    pub connect_timeout: Duration,
}

/// Whom to believe on TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsTrust {
    /// The roots of the edge's settings.
    Roots,
    /// Exactly the certificate with this SHA-256 (lower-case hex): devices sign their own.
    Pinned(String),
}

/// Why a conversation ended. The word in each is what `device.offline` gives as its reason.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// No connection, or it broke.
    #[error("cannot talk to the device: {doing}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// What went wrong below.
        #[source]
        source: crate::http::HttpError,
    },
    /// No bytes come or go.
    #[error("cannot talk to the device: {doing}")]
    Lost {
        /// What was being done.
        doing: &'static str,
        /// What went wrong below.
        #[source]
        source: crate::socket::SocketError,
    },
    /// It does not believe us. Not tried again before the settings change or the wait is over.
    #[error("the device refuses our name or password")]
    WrongPassword {
        /// How long to leave it in peace.
        wait: Duration,
    },
    /// It locked us out.
    #[error("the device has locked us out for {} s", wait.as_secs())]
    LockedOut {
        /// How long.
        wait: Duration,
    },
    /// It answers with something that is not its protocol.
    #[error("the device does not answer as it should: {0}")]
    Protocol(String),
    /// Nobody can take what we see any more: the edge is stopping, or refuses new facts.
    #[error("what the device reports cannot be taken on")]
    Outlet(#[source] crate::outlet::Refused),
}

impl DriverError {
    /// The short stable word for `device.offline`.
    pub const fn word(&self) -> &'static str {
        match self {
            DriverError::Unreachable { .. } | DriverError::Lost { .. } => "unreachable",
            DriverError::WrongPassword { .. } => "wrong_password",
            DriverError::LockedOut { .. } => "locked_out",
            DriverError::Protocol(_) => "protocol",
            DriverError::Outlet(_) => "refused",
        }
    }
    /// The least time to wait before the next run; `None`: the supervisor's backoff decides.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            DriverError::WrongPassword { wait } | DriverError::LockedOut { wait } => Some(*wait),
            DriverError::Unreachable { .. }
            | DriverError::Lost { .. }
            | DriverError::Protocol(_)
            | DriverError::Outlet(_) => None,
        }
    }
}
