//! Settings: where the state lies, where to listen, and how much is let in.
//!
//! Nothing listens beyond loopback unless the settings name the address.

use cloud_http::{PublicScheme, PublicUrl};
use protocol::client_address::{ForwardedBy, TrustedProxies};
use serde::Deserialize;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

/// Everything that can be set; each with a default that suits one machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// State directory.
    pub dir: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Certificate and key; without them the relay speaks plain HTTP, for a proxy in front that speaks TLS.
    pub tls: Option<Tls>,
    /// Where browsers and edges reach the cloud, e.g. `https://cloud.example.uz`; with `https` cookies are bound to the host
    /// and never sent in the clear. None: as it listens.
    pub public_url: Option<PublicUrl>,
    /// Proxies in front that are believed when they say whom they speak for.
    pub proxy: FrontProxy,
    /// Limits per edge and per address.
    pub limits: RelayLimits,
    /// How long things are kept.
    pub retention: Retention,
    /// People's accounts.
    pub accounts: AccountSettings,
}

/// How long things are kept, in days. What is older is deleted in the background, some rows at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Events and gaps between them, commands, tickets and hourly counts: three years by default. Tables that are made anew from events reach no further back.
    pub events_days: std::num::NonZeroU32,
    /// Entries of the organisations' audit trails and of the platform's: three years by default.
    pub audit_days: std::num::NonZeroU32,
}

/// Proxies in front. Without any everybody who comes through one counts as that one's address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FrontProxy {
    /// Their addresses or networks.
    pub trusted: TrustedProxies,
    /// How they say it: `x_forwarded_for`, `forwarded` or `proxy_protocol`.
    pub says: ForwardedBy,
}

/// Where the certificate lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the certificate chain.
    pub cert: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// People's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSettings {
    /// How long a one-time password is good, hours.
    pub one_time_password_hours: std::num::NonZeroU32,
}

impl AccountSettings {
    /// How long a one-time password is good.
    pub fn one_time_passwords(self) -> Duration {
        Duration::from_secs(u64::from(self.one_time_password_hours.get()) * 3600)
    }
}

impl Default for AccountSettings {
    fn default() -> Self {
        let hours = std::num::NonZeroU32::new(72).unwrap_or(std::num::NonZeroU32::MIN);
        Self {
            one_time_password_hours: hours,
        }
    }
}

/// How much is let in. Requests are counted before their signature is checked by address, after that by edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelayLimits {
    /// Requests per second and address to `/v2`, in the long run; bursts may be ten times as large.
    pub per_address: std::num::NonZeroU32,
    /// Requests per second and edge, in the long run; bursts may be ten times as large.
    pub per_edge: std::num::NonZeroU32,
    /// Enrolments per minute and address.
    pub enrolments: std::num::NonZeroU32,
    /// Sockets open at once.
    pub sockets: usize,
    /// Connections open at once, of whatever kind; those of trusted proxies are counted apart, and may be as many.
    pub connections: usize,
    /// Connections of one address open at once.
    pub connections_per_address: usize,
    /// Administrators' requests per minute and address (M53).
    pub requests: std::num::NonZeroU32,
    /// Attempts to sign in per minute and address.
    pub sign_ins: std::num::NonZeroU32,
    /// Requests for tickets' pages per minute and address: a branch's visitors, and a carrier's, share one.
    pub visitors: std::num::NonZeroU32,
    /// Requests for one ticket's page per minute, from wherever.
    pub per_ticket: std::num::NonZeroU32,
    /// Mebibytes that each organisation may store. Beyond that its edges keep their events, and try again later.
    pub org_mib: std::num::NonZeroU32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("cloud-state"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8440)),
            tls: None,
            public_url: None,
            proxy: FrontProxy::default(),
            limits: RelayLimits::default(),
            retention: Retention::default(),
            accounts: AccountSettings::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        let three_years = std::num::NonZeroU32::MIN.saturating_add(3 * 365 - 1);
        Self {
            events_days: three_years,
            audit_days: three_years,
        }
    }
}

impl Default for RelayLimits {
    fn default() -> Self {
        let some = |count| std::num::NonZeroU32::new(count).unwrap_or(std::num::NonZeroU32::MIN);
        Self {
            per_address: some(1000),
            per_edge: some(100),
            enrolments: some(30),
            sockets: 20_000,
            connections: 24_000,
            connections_per_address: 1_000,
            requests: some(100),
            sign_ins: some(10),
            visitors: some(30_000),
            per_ticket: some(120),
            org_mib: some(20 << 10),
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelaySettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file says something that is no setting.
    #[error("the settings file {path} cannot be used")]
    Content {
        /// Which.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
}

impl Settings {
    /// How browsers speak to the cloud: as the public URL says, else as it listens.
    pub fn scheme(&self) -> PublicScheme {
        match (&self.public_url, &self.tls) {
            (Some(url), _) => url.scheme(),
            (None, Some(_)) => PublicScheme::Https,
            (None, None) => PublicScheme::Http,
        }
    }

    /// Reads a TOML file.
    pub fn read(path: &Path) -> Result<Self, RelaySettingsError> {
        let text = std::fs::read_to_string(path).map_err(|source| RelaySettingsError::Read {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| RelaySettingsError::Content {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }
}

#[cfg(test)]
mod tests;
