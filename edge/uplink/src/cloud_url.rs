//! Where the cloud is: scheme, host and port, nothing else.
//!
//! Never a path, a query or a password: those would end up in signatures and logs.

use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, str::FromStr};

/// The cloud's origin, e.g. `https://cloud.example.org` or `http://127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CloudUrl {
    scheme: CloudScheme,
    host: String,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CloudScheme {
    Http,
    Https,
}

/// Whether the cloud may be spoken to without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlaintextPolicy {
    /// Only on this machine.
    #[default]
    LoopbackOnly,
    /// Anywhere: somebody said so in the settings.
    Anywhere,
}

/// Why a text is no place to find a cloud at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudUrlError {
    /// Not a URL.
    #[error("the cloud's address is not a URL such as https://cloud.example.org")]
    NoUrl,
    /// A scheme other than these two.
    #[error("the cloud is reached by https or http, not by {0}")]
    Scheme(String),
    /// More than scheme, host and port.
    #[error("the cloud's address is scheme, host and port only, without user, path or query")]
    More,
    /// No TLS towards another machine.
    #[error("{host} is another machine: use https, or set allow_plain = true if the way there is trusted")]
    Plain {
        /// Which.
        host: String,
    },
}

impl CloudUrl {
    /// As the `Host` header has it: lower case, the port left out where it is the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.clone()
        } else {
            self.host_port()
        }
    }

    /// Refuses to speak in the clear to another machine.
    pub fn check(&self, plain: PlaintextPolicy) -> Result<(), CloudUrlError> {
        match (self.scheme, plain) {
            (CloudScheme::Https, PlaintextPolicy::LoopbackOnly | PlaintextPolicy::Anywhere)
            | (CloudScheme::Http, PlaintextPolicy::Anywhere) => Ok(()),
            (CloudScheme::Http, PlaintextPolicy::LoopbackOnly) if self.is_loopback() => Ok(()),
            (CloudScheme::Http, PlaintextPolicy::LoopbackOnly) => Err(CloudUrlError::Plain {
                host: self.host.clone(),
            }),
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == CloudScheme::Https
    }
    /// Brackets around IPv6 addresses.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
    /// For `CONNECT` and for dialling.
    pub(crate) fn host_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
    pub(crate) fn http(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme.as_str(), self.authority())
    }
    pub(crate) fn websocket(&self, path: &str) -> String {
        let scheme = if self.is_tls() { "wss" } else { "ws" };
        format!("{scheme}://{}{path}", self.authority())
    }

    fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl CloudScheme {
    const fn port(self) -> u16 {
        match self {
            CloudScheme::Http => 80,
            CloudScheme::Https => 443,
        }
    }
    const fn as_str(self) -> &'static str {
        match self {
            CloudScheme::Http => "http",
            CloudScheme::Https => "https",
        }
    }
}

impl FromStr for CloudUrl {
    type Err = CloudUrlError;
    fn from_str(text: &str) -> Result<Self, CloudUrlError> {
        let url = Url::parse(text).map_err(|_| CloudUrlError::NoUrl)?;
        let scheme = match url.scheme() {
            "http" => CloudScheme::Http,
            "https" => CloudScheme::Https,
            other => return Err(CloudUrlError::Scheme(other.chars().take(16).collect())),
        };
        let extra = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        if extra || !url.username().is_empty() || url.password().is_some() {
            return Err(CloudUrlError::More);
        }
        let host = url.host_str().ok_or(CloudUrlError::NoUrl)?.to_ascii_lowercase();
        Ok(Self {
            scheme,
            host,
            port: url.port().unwrap_or(scheme.port()),
        })
    }
}
impl TryFrom<String> for CloudUrl {
    type Error = CloudUrlError;
    fn try_from(text: String) -> Result<Self, CloudUrlError> {
        text.parse()
    }
}
impl From<CloudUrl> for String {
    fn from(url: CloudUrl) -> String {
        url.to_string()
    }
}
impl fmt::Display for CloudUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.http(""))
    }
}
