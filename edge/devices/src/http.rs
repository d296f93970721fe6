//! The HTTP line: requests to one device's host and nowhere else.
//!
//! It follows no redirect, uses no proxy, keeps no cookie and never sends a request twice.

use crate::{line_error::LineError, tls};
use adapter_sdk::{
    HttpTarget, TlsTrust,
    http::{BodyStream, Http, HttpError, Request, Response},
};
use async_trait::async_trait;
use bytes::Bytes;
use rustls::RootCertStore;
use std::{error::Error, sync::Arc, time::Duration};

/// How long the network may hold what was sent: beyond this it is given up.
const UNDELIVERED: Duration = Duration::from_secs(3);

/// A line to one HTTP host.
#[derive(Debug)]
pub struct HttpLine {
    client: reqwest::Client,
    base: String,
}

impl HttpLine {
    /// Opens a line. Nothing is sent yet.
    pub fn open(target: &HttpTarget, roots: &Arc<RootCertStore>) -> Result<Self, LineError> {
        let bad = || LineError::Target(target.base.clone());
        let url = reqwest::Url::parse(target.base.as_str()).map_err(|_| bad())?;
        if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || !url.username().is_empty() {
            return Err(bad());
        }
        let config = match &target.trust {
            TlsTrust::Roots => tls::by_roots(roots.clone()),
            TlsTrust::Pinned(fingerprint) => tls::pinned(fingerprint),
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config.map_err(LineError::Tls)?)
            .connect_timeout(target.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A pooled connection the device closed meanwhile would be tried again by the client below.
            .pool_max_idle_per_host(0)
            // What the device has not acknowledged by then must not reach it any more, though it was sent in time.
            .tcp_user_timeout(UNDELIVERED)
            .http1_only()
            .no_proxy()
            .build()
            .map_err(LineError::Client)?;
        Ok(Self {
            client,
            base: target.base.as_str().trim_end_matches('/').to_owned(),
        })
    }
}

#[async_trait]
impl Http for HttpLine {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let url = format!("{}{}", self.base, request.target);
        let sending = self
            .client
            .request(request.method, url)
            .headers(request.headers)
            .body(request.body)
            .send();
        match tokio::time::timeout(request.timeout, sending).await {
            Err(_) => Err(HttpError::Timeout(request.timeout)),
            Ok(Err(error)) if error.is_connect() => Err(HttpError::Connect(cause(error))),
            Ok(Err(error)) => Err(HttpError::Broken(cause(error))),
            Ok(Ok(response)) => Ok(Response {
                status: response.status(),
                headers: response.headers().clone(),
                body: Box::new(ResponseBody(response)),
            }),
        }
    }
}

#[derive(Debug)]
struct ResponseBody(reqwest::Response);

#[async_trait]
impl BodyStream for ResponseBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        self.0.chunk().await.map_err(|error| HttpError::Broken(cause(error)))
    }
}

/// Without the URL: it may hold what is nobody's business.
fn cause(error: reqwest::Error) -> Box<dyn Error + Send + Sync> {
    Box::new(error.without_url())
}
