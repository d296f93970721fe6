//! Figures that programs tell of themselves, in Prometheus' text format.

use anyhow::{Context as _, Result};
use std::net::SocketAddr;

/// One look at a program's `/metrics`.
#[derive(Debug)]
pub(crate) struct MetricsSnapshot(String);

impl MetricsSnapshot {
    /// Looks.
    pub(crate) async fn look(http: &reqwest::Client, address: SocketAddr) -> Result<Self> {
        let response = http.get(format!("http://{address}/metrics")).send().await;
        let response = response.context("asking for metrics")?.error_for_status()?;
        let body = response.bytes().await.context("reading metrics")?;
        Ok(Self(String::from_utf8_lossy(&body).into_owned()))
    }

    /// The value of a figure without labels.
    pub(crate) fn of(&self, name: &str) -> Result<f64> {
        let value = self
            .0
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = value.with_context(|| format!("there is no figure {name}"))?;
        value.parse().with_context(|| format!("{name} is {value}"))
    }
}

/// A client for looking; never through a proxy.
pub(crate) fn http() -> Result<reqwest::Client> {
    // The client wants to know who would do TLS even where nobody does; installed twice, the first stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().context("preparing HTTP")
}
