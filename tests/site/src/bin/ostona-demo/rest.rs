//! An administrator's side of the REST API: signed in, for one organisation.
//!
//! Only what the API offers anybody; nothing here reaches past it.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A signed-in administrator.
#[derive(Debug)]
pub(crate) struct Admin {
    http: reqwest::Client,
    base: String,
    tokens: Tokens,
    org: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

impl Admin {
    /// Signs in with a one-time password and replaces it by `own`.
    pub(crate) async fn first_sign_in(cloud: SocketAddr, login: &str, one_time: &str, own: &str) -> Result<Self> {
        // The client wants to know who would do TLS even where nobody does; installed twice, the first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .context("preparing HTTP")?;
        let base = format!("http://{cloud}/api/v1");
        let typed = json!({"login": login, "password": one_time});
        let request = http.post(format!("{base}/auth/login"));
        let answer = answer(with_json(request, &typed)?).await.context("signing in")?;
        let tokens = serde_json::from_value(answer).context("reading the tokens")?;
        let admin = Self {
            http,
            base,
            tokens,
            org: None,
        };
        admin
            .post("/auth/password", &json!({"current": one_time, "new": own}))
            .await?;
        Ok(admin)
    }

    /// Works for this organisation from now on.
    pub(crate) fn for_org(&mut self, org: &str) {
        self.org = Some(org.to_owned());
    }

    /// `POST`s and gives the answer's body, null where it has none.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.signed(self.http.post(format!("{}{path}", self.base)));
        answer(with_json(request, body)?)
            .await
            .with_context(|| format!("POST {path}"))
    }

    /// `PUT`s the first version of a document.
    pub(crate) async fn publish(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.signed(self.http.put(format!("{}{path}", self.base)));
        let request = request.header("if-none-match", "*");
        answer(with_json(request, body)?)
            .await
            .with_context(|| format!("PUT {path}"))
    }

    /// `GET`s and gives the answer's body.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        answer(self.signed(self.http.get(format!("{}{path}", self.base))))
            .await
            .with_context(|| format!("GET {path}"))
    }

    /// Opens the stream of live events, from behind the event `last` on where one is named.
    pub(crate) async fn live(&self, last: Option<&str>) -> Result<reqwest::Response> {
        let request = self.signed(self.http.get(format!("{}/live", self.base)));
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let response = request.send().await.context("GET /live")?;
        ensure!(response.status().is_success(), "GET /live: {}", response.status());
        Ok(response)
    }

    /// Exchanges the tokens for fresh ones: an access token is good for 15 minutes.
    pub(crate) async fn refresh(&mut self) -> Result<()> {
        let request = self.http.post(format!("{}/auth/refresh", self.base));
        let given = json!({"refresh_token": self.tokens.refresh_token});
        let answer = answer(with_json(request, &given)?)
            .await
            .context("refreshing the tokens")?;
        self.tokens = serde_json::from_value(answer).context("reading the tokens")?;
        Ok(())
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request.bearer_auth(&self.tokens.access_token);
        match &self.org {
            Some(org) => request.header("ostona-org", org),
            None => request,
        }
    }
}

fn with_json(request: reqwest::RequestBuilder, body: &Value) -> Result<reqwest::RequestBuilder> {
    let body = serde_json::to_vec(body).context("writing JSON")?;
    Ok(request.header("content-type", "application/json").body(body))
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        bail!("{status}: {}", String::from_utf8_lossy(&body));
    }
    if body.is_empty() {
        Ok(Value::Null)
    } else {
        Ok(serde_json::from_slice(&body)?)
    }
}

/// A text out of an answer.
pub(crate) fn text(answer: &Value, key: &str) -> Result<String> {
    answer
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("the answer has no {key}"))
}
