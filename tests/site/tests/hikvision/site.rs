//! A terminal's driver at the edge's own HTTP line, over real sockets; and the lines and ports of its tests.

use adapter_hikvision::ADAPTER;
use adapter_sdk::{
    HttpTarget, InboundPush, Line, LineSpec, LogPosition, TlsTrust,
    http::{Http, HttpError, Request, Response},
};
use async_trait::async_trait;
use bytes::BytesMut;
use edge_devices::http::HttpLine;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_site::driver::{DriverRun, changed};
use tests_world::{
    hikvision::Terminal,
    http::{Reply, read_request},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpListener,
    sync::{mpsc, oneshot},
};

/// Starts the driver of a terminal, with its settings changed.
pub(crate) fn start(
    terminal: &Terminal,
    changes: Value,
    mark: Option<LogPosition>,
    push_url: Option<String>,
) -> DriverRun {
    let settings = json!({
        "host": "127.0.0.1", "port": terminal.address().port(), "username": "admin", "password": "Ostona-2026",
        "heartbeat_s": 1,
    });
    let plan = ADAPTER.plan(&changed(settings, changes)).unwrap();
    let LineSpec::Http(target) = &plan.wants else {
        panic!("it wants {:?}", plan.wants)
    };
    let line = Line::Http(line(target.base.as_str()));
    DriverRun::resume(plan, line, mark, push_url)
}

/// The edge's LAN port, as far as pushes go.
pub(crate) async fn lan_port(listener: TcpListener, pushes: mpsc::Sender<InboundPush>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let pushes = pushes.clone();
        tokio::spawn(async move {
            let mut buffer = BytesMut::new();
            let Ok(Some(request)) = read_request(&mut stream, &mut buffer).await else {
                return;
            };
            assert_eq!(request.path(), "/push/gate/s3cret");
            let content_type = request.header("content-type").unwrap_or_default().to_owned();
            let (taken, answer) = oneshot::channel();
            let push = InboundPush {
                content_type,
                body: request.body.into(),
                accepted: taken,
            };
            let on_disk = pushes.send(push).await.is_ok() && answer.await == Ok(true);
            let status = if on_disk { 200 } else { 503 };
            // A device that hung up asks again.
            let _ = stream.write_all(&Reply::new(status, "text/plain", "").encode()).await;
        });
    }
}

/// A line that keeps cookies, as httpbin's stale nonces need.
#[derive(Debug)]
pub(crate) struct Cookies {
    pub(crate) inner: Arc<dyn Http>,
    pub(crate) jar: Mutex<BTreeMap<String, String>>,
}

#[async_trait]
impl Http for Cookies {
    async fn send(&self, mut request: Request) -> Result<Response, HttpError> {
        let cookies: Vec<String> = self
            .jar
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if let Ok(cookies) = HeaderValue::from_str(&cookies.join("; ")) {
            request.headers.insert(header::COOKIE, cookies);
        }
        let response = self.inner.send(request).await?;
        for cookie in response.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

pub(crate) fn line(base: &str) -> Arc<dyn Http> {
    let target = HttpTarget {
        base: base.into(),
        trust: TlsTrust::Roots,
        connect_timeout: Duration::from_secs(5),
    };
    Arc::new(HttpLine::open(&target, &Arc::new(rustls::RootCertStore::empty())).unwrap())
}
