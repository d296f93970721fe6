//! Where people reach the cloud: what decides whether cookies are secure, and what a page calls itself.
//!
//! Only `http` and `https`, a host and a port; never a path, for the pages stand at the root.

use http::uri::{Scheme, Uri};
use serde::Deserialize;
use std::{fmt, str::FromStr};

/// An address such as `https://cloud.example.uz`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    scheme: PublicScheme,
    authority: String,
}

/// How browsers speak to the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicScheme {
    /// In the clear: on loopback, or in a lab.
    Http,
    /// Over TLS, be it the cloud's own or a proxy's: cookies are bound to the host and never sent in the clear.
    Https,
}

impl PublicScheme {
    /// As in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            PublicScheme::Http => "http",
            PublicScheme::Https => "https",
        }
    }
}

/// A text that is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a public URL is http:// or https:// with a host and perhaps a port, without a path")]
pub struct PublicUrlError;

impl PublicUrl {
    /// How browsers speak to it.
    pub fn scheme(&self) -> PublicScheme {
        self.scheme
    }
    /// Host and port, in lower case.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;
    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let url: Uri = text.parse().map_err(|_| PublicUrlError)?;
        let scheme = match url.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => PublicScheme::Http,
            Some(scheme) if *scheme == Scheme::HTTPS => PublicScheme::Https,
            Some(_) | None => return Err(PublicUrlError),
        };
        let authority = url.authority().ok_or(PublicUrlError)?;
        let bare = url.path() == "/" && url.query().is_none() && !authority.as_str().contains('@');
        if !bare || authority.host().is_empty() {
            return Err(PublicUrlError);
        }
        let authority = authority.as_str().to_ascii_lowercase();
        Ok(Self { scheme, authority })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = PublicUrlError;
    fn try_from(text: String) -> Result<Self, PublicUrlError> {
        text.parse()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;

    #[test]
    fn only_an_origin_is_taken() {
        for good in [
            "https://cloud.example.uz",
            "https://Cloud.Example.uz:8443/",
            "http://127.0.0.1:8440",
            "http://[::1]:8440",
        ] {
            let url: PublicUrl = good.parse().unwrap();
            assert_eq!(url.to_string(), good.trim_end_matches('/').to_ascii_lowercase());
        }
        for bad in [
            "",
            "cloud.example.uz",
            "ftp://a",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "https://",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }
}
