//! One device driven as the edge drives it, with everything written down that reaches the outlet.
//!
//! The line is the edge's own, over real sockets.

use adapter_hikvision::ADAPTER;
use adapter_sdk::{
    Ask, Clock, Context, DriverError, HttpTarget, Line, Mark, Outlet, Push, Seen, State, TlsTrust, Told, Wants,
    http::{Http, HttpError, Request, Response},
};
use async_trait::async_trait;
use bytes::BytesMut;
use edge_devices::http::HttpLine;
use http::{HeaderValue, header};
use protocol::{CommandId, Outcome, Timestamp, command::Action, fact::Door};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_world::{
    clock,
    hikvision::Terminal,
    http::{Reply, read_request},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

/// Nothing here takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// One device driven as the edge drives it, with everything written down that reaches the outlet.
pub(crate) struct Site {
    notes: Arc<Mutex<Notes>>,
    asks: mpsc::Sender<Ask>,
    pub(crate) pushes: mpsc::Sender<Push>,
    driver: JoinHandle<DriverError>,
}

#[derive(Default)]
struct Notes {
    seen: Vec<Seen>,
    states: Vec<State>,
}

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        clock::Clock::Real.now()
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

impl Site {
    pub(crate) fn start(terminal: &Terminal, changes: Value, mark: Option<Mark>, push_url: Option<String>) -> Self {
        let mut settings = json!({
            "host": "127.0.0.1", "port": terminal.address().port(), "username": "admin", "password": "Ostona-2026",
            "heartbeat_s": 1,
        });
        let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
            panic!("settings are objects")
        };
        all.extend(changes);
        let plan = ADAPTER.plan(&settings).unwrap();
        let Wants::Http(target) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let (outlet, told) = Outlet::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let (pushes, pushes_in) = mpsc::channel(8);
        let context = Context {
            device: "gate".parse().unwrap(),
            line: Line::Http(line(&target.base)),
            asks: asks_in,
            outlet,
            clock: Arc::new(Wall),
            pushes: pushes_in,
            push_url,
            calls: mpsc::channel(1).1,
            mark,
        };
        let notes = Arc::new(Mutex::new(Notes::default()));
        tokio::spawn(write_down(told, Arc::clone(&notes)));
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        Self {
            notes,
            asks,
            pushes,
            driver,
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.notes.lock().unwrap().seen.clone()
    }

    pub(crate) fn states(&self) -> Vec<State> {
        self.notes.lock().unwrap().states.clone()
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.seen()
            .iter()
            .filter_map(|seen| seen.origin.as_ref())
            .map(|origin| origin.number)
            .collect()
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            assert!(!self.driver.is_finished(), "the driver ended before {what}");
            assert!(
                Instant::now() < deadline,
                "not within {LIMIT:?}: {what}; seen {:?}",
                self.numbers()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn open(&self, door: u16, within: Duration) -> Outcome {
        let now = clock::Clock::Real.now();
        let mut entropy = [0; 10];
        getrandom::fill(&mut entropy).unwrap();
        let action = Action::AccessOpen {
            door: Door(door),
            reason: None,
        };
        let (ask, outcome) = Ask::new(
            CommandId::new(now, entropy),
            action,
            now.plus(within),
            Instant::now() + within,
        );
        self.asks.send(ask).await.unwrap();
        outcome.await.unwrap()
    }

    /// Why it ended, how far the log is on disk, and which numbers were told.
    pub(crate) async fn ended(self) -> (DriverError, Option<Mark>, Vec<u64>) {
        let end = tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap();
        let seen = self.notes.lock().unwrap().seen.clone();
        let origins: Vec<_> = seen.into_iter().filter_map(|seen| seen.origin).collect();
        let mark = origins.last().map(|origin| Mark {
            log: origin.log.clone(),
            number: origin.number,
        });
        (end, mark, origins.into_iter().map(|origin| origin.number).collect())
    }

    /// Ends it as the edge does when it stops, and waits for that.
    pub(crate) async fn stop(self) {
        drop((self.asks, self.pushes));
        let end = tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap();
        assert!(matches!(end, DriverError::Outlet(_)), "{end:?}");
    }
}

async fn write_down(mut told: mpsc::Receiver<Told>, notes: Arc<Mutex<Notes>>) {
    while let Some(told) = told.recv().await {
        match told {
            Told::Facts(observation) => {
                notes.lock().unwrap().seen.extend(observation.seen);
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
            }
            Told::State(state) => notes.lock().unwrap().states.push(state),
            Told::Question(question) => panic!("nobody asks here: {question:?}"),
            Told::Alive => {}
        }
    }
}

/// The edge's LAN port, as far as pushes go.
pub(crate) async fn lan_port(listener: TcpListener, pushes: mpsc::Sender<Push>) {
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
            let push = Push {
                content_type,
                body: request.body.into(),
                taken,
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
        base: base.to_owned(),
        trust: TlsTrust::Roots,
        connect_timeout: Duration::from_secs(5),
    };
    Arc::new(HttpLine::open(&target, &Arc::new(rustls::RootCertStore::empty())).unwrap())
}
