//! A browser without a picture: pages, forms, cookies. Follows no redirect by itself.

use anyhow::{Context as _, Result};
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A browser that looks at one box.
#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Where it leads.
    pub location: Option<String>,
    /// The page.
    pub text: String,
}

impl Browser {
    /// A browser with nothing in it.
    pub fn new(lan: SocketAddr) -> Result<Self> {
        // The client wants to know who would do TLS even where nobody does; installed twice, the first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .context("preparing a browser")?;
        Ok(Self {
            http,
            base: format!("http://{lan}"),
            cookies: BTreeMap::new(),
        })
    }

    /// The same browser after the box came back at another address.
    pub fn moved(&mut self, lan: SocketAddr) {
        self.base = format!("http://{lan}");
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        let request = self.http.get(format!("{}{path}", self.base));
        self.send(request, path).await
    }

    /// Sends a form from one of the box's own pages.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.base)
            .body(body);
        self.send(request, path).await
    }

    /// Opens a stream of events.
    pub async fn stream(&self, path: &str) -> Result<reqwest::Response> {
        let request = self
            .http
            .get(format!("{}{path}", self.base))
            .timeout(Duration::from_secs(3600));
        let response = request.header("cookie", self.jar()).send().await;
        response.with_context(|| format!("GET {path}"))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, path: &str) -> Result<Answer> {
        let response = request.header("cookie", self.jar()).send().await;
        let response = response.with_context(|| path.to_owned())?;
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie
                .to_str()
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = response
            .headers()
            .get("location")
            .and_then(|to| to.to_str().ok())
            .map(str::to_owned);
        Ok(Answer {
            status: response.status().as_u16(),
            location,
            text: response.text().await.with_context(|| path.to_owned())?,
        })
    }

    fn jar(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

impl Answer {
    /// Whether it leads to this page.
    pub fn leads_to(&self, path: &str) -> bool {
        self.status == 303 && self.location.as_deref() == Some(path)
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> Option<String> {
        self.between("value=\"", "\"", &format!("name=\"{name}\""))
    }

    /// The text between two others, behind the first place of `after`.
    pub fn between(&self, from: &str, to: &str, after: &str) -> Option<String> {
        let rest = self.text.split_once(after)?.1;
        let rest = rest.split_once(from)?.1;
        Some(rest.split_once(to)?.0.to_owned())
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
