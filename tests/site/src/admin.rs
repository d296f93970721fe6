//! An administrator's side of the REST API: signed in, for one organisation, whatever happens to the cloud meanwhile.
//!
//! Only what the API offers anybody; a refusal is an answer here, not a failure.

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{
    fmt,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Longest an answer may take before the question counts as lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// Items of a page.
const PAGE: usize = 500;

/// A signed-in administrator.
pub struct Admin {
    http: reqwest::Client,
    scheme: &'static str,
    login: String,
    password: String,
    state: Mutex<State>,
}

#[derive(Clone)]
struct State {
    cloud: SocketAddr,
    token: String,
    org: Option<String>,
}

impl fmt::Debug for Admin {
    /// Without password and token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// An answer: its status, and its body where that is JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Null where there is none, or none that is JSON.
    pub body: Value,
    /// The version that was seen, where there are versions.
    pub etag: Option<String>,
}

impl Admin {
    /// Signs in with a one-time password and replaces it by `own`.
    pub async fn first_sign_in(cloud: SocketAddr, login: &str, one_time: &str, own: &str) -> Result<Self> {
        Self::first_sign_in_trusting(None, cloud, (login, one_time, own)).await
    }

    /// The same with login, one-time password and own password; where the cloud has a certificate, PEM, over TLS.
    pub async fn first_sign_in_trusting(
        certificate: Option<&[u8]>,
        cloud: SocketAddr,
        (login, one_time, own): (&str, &str, &str),
    ) -> Result<Self> {
        // The client wants to know who would do TLS even where nobody does; installed twice, the first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        if let Some(pem) = certificate {
            let trusted = reqwest::Certificate::from_pem(pem).context("reading the cloud's certificate")?;
            http = http.tls_certs_only([trusted]);
        }
        let admin = Self {
            http: http.build().context("preparing HTTP")?,
            scheme: if certificate.is_some() { "https" } else { "http" },
            login: login.to_owned(),
            password: own.to_owned(),
            state: Mutex::new(State {
                cloud,
                token: String::new(),
                org: None,
            }),
        };
        admin.sign_in(one_time).await?;
        admin
            .post("/auth/password", &json!({"current": one_time, "new": own}))
            .await?;
        Ok(admin)
    }

    /// The cloud is somewhere else now.
    pub fn lead_to(&self, cloud: SocketAddr) {
        self.lock(|state| state.cloud = cloud);
    }

    /// Works for this organisation from now on.
    pub fn for_org(&self, org: &str) {
        self.lock(|state| state.org = Some(org.to_owned()));
    }

    /// The token it works with now, for a look whether anybody wrote it down.
    pub fn token(&self) -> String {
        self.lock(|state| state.token.clone())
    }

    /// Asks anything, and signs in again where the token is too old.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let asked = format!("{method} {path}");
        let first = self.once(method.clone(), path, body, None).await;
        let first = first.with_context(|| asked.clone())?;
        if first.status != StatusCode::UNAUTHORIZED {
            return Ok(first);
        }
        self.sign_in(&self.password).await?;
        self.once(method, path, body, None).await.context(asked)
    }

    /// `GET`s what must be there.
    pub async fn get(&self, path: &str) -> Result<Value> {
        good(path, self.call(Method::GET, path, None).await?)
    }

    /// `POST`s what must be taken.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        good(path, self.call(Method::POST, path, Some(body)).await?)
    }

    /// `PUT`s another version over the one that is there now.
    pub async fn replace(&self, path: &str, body: &Value) -> Result<Value> {
        let seen = self.call(Method::GET, path, None).await?;
        let etag = seen.etag.with_context(|| format!("{path} has no etag"))?;
        let answer = self.once(Method::PUT, path, Some(body), Some(&etag)).await;
        good(path, answer.with_context(|| format!("PUT {path}"))?)
    }

    /// `PUT`s the first version of a document.
    pub async fn publish(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.once(Method::PUT, path, Some(body), Some("*")).await;
        good(path, answer.with_context(|| format!("PUT {path}"))?)
    }

    /// Every item of a list that comes in pages.
    pub async fn all(&self, path: &str) -> Result<Vec<Value>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let mut page = self.get(&format!("{path}{joint}limit={PAGE}{after}")).await?;
            let found = page.get_mut("items").map(Value::take);
            let Some(Value::Array(found)) = found else {
                bail!("{path} is no list")
            };
            items.extend(found);
            match page.get("next").and_then(Value::as_str) {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(items),
            }
        }
    }

    /// Opens the stream of live events.
    pub async fn live(&self) -> Result<reqwest::Response> {
        let state = self.lock(|state| state.clone());
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .context("preparing HTTP")?;
        let request = client
            .get(format!("http://{}/api/v1/live", state.cloud))
            .bearer_auth(&state.token);
        let request = match &state.org {
            Some(org) => request.header("ostona-org", org),
            None => request,
        };
        let response = request.send().await.context("GET /live")?;
        ensure!(response.status().is_success(), "GET /live: {}", response.status());
        Ok(response)
    }

    async fn sign_in(&self, password: &str) -> Result<()> {
        let typed = json!({"login": self.login, "password": password});
        let answer = self.once(Method::POST, "/auth/login", Some(&typed), None).await;
        let tokens = good("/auth/login", answer.context("signing in")?)?;
        let token = text(&tokens, "access_token")?;
        self.lock(|state| state.token = token);
        Ok(())
    }

    async fn once(&self, method: Method, path: &str, body: Option<&Value>, etag: Option<&str>) -> Result<Answer> {
        let State { cloud, token, org } = self.lock(|state| state.clone());
        let mut request = self
            .http
            .request(method, format!("{}://{cloud}/api/v1{path}", self.scheme));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(org) = org {
            request = request.header("ostona-org", org);
        }
        if let Some(body) = body {
            let body = serde_json::to_vec(body).context("writing JSON")?;
            request = request.header("content-type", "application/json").body(body);
        }
        request = match etag {
            Some("*") => request.header("if-none-match", "*"),
            Some(etag) => request.header("if-match", etag),
            None => request,
        };
        let response = request.send().await?;
        let status = response.status();
        let etag = response.headers().get("etag");
        let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let body = response.bytes().await?;
        Ok(Answer {
            status,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            etag,
        })
    }

    fn lock<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn good(path: &str, answer: Answer) -> Result<Value> {
    ensure!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
    Ok(answer.body)
}

/// A text out of an answer.
pub fn text(answer: &Value, key: &str) -> Result<String> {
    answer
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("{answer} has no {key}"))
}
