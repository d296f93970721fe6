//! How the uplink is set up, parsed into something usable.
//!
//! A proxy's password is never shown.

use crate::cloud_url::PlaintextPolicy;
use serde::Deserialize;
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};
use zeroize::Zeroizing;

/// The `[uplink]` section of the edge's settings. Everything has a default.
///
/// ```toml
/// [uplink]
/// interval_s = 30                           # telemetry waits at most this long, 1 to 3600
/// proxy = "http://user:password@10.0.0.1:3128"
/// ca_file = "/etc/ostona/ca.pem"            # trusted beside the public roots…
/// public_roots = false                      # …or instead of them
/// allow_plain = false                       # http:// to another machine
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Settings {
    /// HTTP proxy; none: directly. The environment's proxy variables are not read.
    pub proxy: Option<Proxy>,
    /// Whom TLS trusts.
    pub roots: Roots,
    /// Whether the cloud may be spoken to without TLS.
    pub plain: PlaintextPolicy,
    /// How fast and how patiently.
    pub timing: Timing,
}

/// Whom TLS trusts to vouch for the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Roots {
    /// Mozilla's roots, built in.
    #[default]
    Public,
    /// Those, and the certificates of a PEM file.
    PublicAnd(PathBuf),
    /// The certificates of a PEM file only.
    Only(PathBuf),
}

/// How fast and how patiently. The defaults are the product's; tests shorten them.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Telemetry, and facts that nobody noticed, are sent at the latest after this (A121).
    pub interval: Duration,
    /// A fact waits this long for company.
    pub coalesce: Duration,
    /// Between heartbeats (A130).
    pub heartbeat: Duration,
    /// A peer that says nothing for this long is dead; without any exchange for this long the link counts as down.
    pub silence: Duration,
    /// Longest wait for the answer to a request, beyond what the request itself asks the cloud to wait.
    pub request: Duration,
    /// First wait after a failure.
    pub backoff: Duration,
    /// Longest wait after failures.
    pub ceiling: Duration,
    /// Between attempts of an edge that was turned away.
    pub turned_away: Duration,
    /// How long to stay on the REST road before sockets are tried again.
    pub socket_retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            coalesce: Duration::from_millis(5),
            heartbeat: Duration::from_secs(protocol::control::HEARTBEAT_SECONDS),
            silence: Duration::from_secs(protocol::control::OFFLINE_SECONDS),
            request: Duration::from_secs(30),
            backoff: Duration::from_secs(1),
            ceiling: Duration::from_secs(60),
            turned_away: Duration::from_secs(600),
            socket_retry: Duration::from_secs(180),
        }
    }
}

/// An HTTP proxy that understands `CONNECT`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Host and port.
    pub(crate) host_port: String,
    pub(crate) login: Option<ProxyLogin>,
}

/// What the proxy wants to hear.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyLogin {
    pub(crate) user: String,
    pub(crate) password: Zeroizing<String>,
}

/// What is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UplinkSettingsError {
    /// Not a proxy.
    #[error("uplink.proxy is not of the form http://[user:password@]host:port")]
    Proxy,
    /// Out of range.
    #[error("uplink.interval_s is 1 to 3600 seconds, not {0}")]
    Interval(u64),
    /// Nobody left to trust.
    #[error("uplink.public_roots = false needs a uplink.ca_file")]
    NoRoots,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host_port", &self.host_port)
            .finish_non_exhaustive()
    }
}

impl FromStr for Proxy {
    type Err = UplinkSettingsError;
    fn from_str(text: &str) -> Result<Self, UplinkSettingsError> {
        let url = reqwest::Url::parse(text).map_err(|_| UplinkSettingsError::Proxy)?;
        let (Some(host), true, "/") = (url.host_str(), url.scheme() == "http", url.path()) else {
            return Err(UplinkSettingsError::Proxy);
        };
        let password = Zeroizing::new(decoded(url.password().unwrap_or_default())?);
        let user = decoded(url.username())?;
        let login = (!user.is_empty()).then_some(ProxyLogin { user, password });
        Ok(Self {
            host_port: format!("{host}:{}", url.port().unwrap_or(80)),
            login,
        })
    }
}

/// Undoes the percent signs of a URL's user and password.
fn decoded(text: &str) -> Result<String, UplinkSettingsError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            nibble(rest.next())? << 4 | nibble(rest.next())?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).map_err(|_| UplinkSettingsError::Proxy)
}

fn nibble(byte: Option<u8>) -> Result<u8, UplinkSettingsError> {
    let digit = byte
        .and_then(|byte| char::from(byte).to_digit(16))
        .ok_or(UplinkSettingsError::Proxy)?;
    u8::try_from(digit).map_err(|_| UplinkSettingsError::Proxy)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    interval_s: Option<u64>,
    proxy: Option<String>,
    ca_file: Option<PathBuf>,
    public_roots: Option<bool>,
    allow_plain: Option<bool>,
}

impl TryFrom<Raw> for Settings {
    type Error = UplinkSettingsError;
    fn try_from(raw: Raw) -> Result<Self, UplinkSettingsError> {
        let interval = raw.interval_s.unwrap_or(30);
        if !(1..=3600).contains(&interval) {
            return Err(UplinkSettingsError::Interval(interval));
        }
        let roots = match (raw.ca_file, raw.public_roots.unwrap_or(true)) {
            (None, true) => Roots::Public,
            (Some(file), true) => Roots::PublicAnd(file),
            (Some(file), false) => Roots::Only(file),
            (None, false) => return Err(UplinkSettingsError::NoRoots),
        };
        Ok(Self {
            proxy: raw.proxy.map(Zeroizing::new).map(|text| text.parse()).transpose()?,
            roots,
            plain: if raw.allow_plain.unwrap_or(false) {
                PlaintextPolicy::Anywhere
            } else {
                PlaintextPolicy::LoopbackOnly
            },
            timing: Timing {
                interval: Duration::from_secs(interval),
                ..Timing::default()
            },
        })
    }
}
