//! The edge's LAN port: what devices post on their own, what local agents report, and how the box is.
//!
//! Nothing is answered with "taken" before it is on disk, and nothing here asks the cloud anything.

mod health;
mod listener;
mod local;
mod notes;
mod page;
mod problem;
mod push;
mod settings;
mod style;

pub use push::Pushed;
pub use settings::{Doorkeeper, Link, ScreensError, Settings};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use edge_kernel::Port;
use notes::Notes;
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Longest push: an event with a picture.
const PUSH_BYTES: usize = 4 << 20;
/// Longest report of a local agent.
const LOCAL_BYTES: usize = 1 << 20;
/// Pushes in memory at once, and the room for them on their way to the drivers.
const PUSHES: usize = 8;

/// What every page may look at.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) port: Port,
    pub(crate) doorkeeper: Arc<dyn Doorkeeper>,
    pub(crate) pushes: mpsc::Sender<Pushed>,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) link: watch::Receiver<Link>,
    pub(crate) version: Arc<str>,
}

impl House {
    pub(crate) fn new(settings: Settings, port: Port, pushes: mpsc::Sender<Pushed>) -> Self {
        Self {
            notes: Arc::new(Notes::new(port.clone())),
            port,
            doorkeeper: settings.doorkeeper,
            pushes,
            turns: Arc::new(Semaphore::new(PUSHES)),
            link: settings.link,
            version: settings.version.into(),
        }
    }
}

/// The port at work.
#[derive(Debug)]
pub struct Screens {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Screens {
    /// Binds and serves until `stop`. What devices push comes out of the receiver.
    pub async fn start(
        settings: Settings,
        port: Port,
        stop: CancellationToken,
    ) -> Result<(Self, mpsc::Receiver<Pushed>), ScreensError> {
        let listen = settings.listen;
        let bind = |source| ScreensError::Bind { listen, source };
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let (pushes, pushed) = mpsc::channel(PUSHES);
        let task = tokio::spawn(listener::serve(
            listener,
            routes(House::new(settings, port, pushes)),
            stop,
        ));
        Ok((Self { address, task }, pushed))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the end after `stop`.
    pub async fn ended(self) {
        // A task that panicked has nothing more to say.
        let _ = self.task.await;
    }
}

fn routes(house: House) -> Router {
    Router::new()
        .route("/", get(page::status))
        .route("/style.css", get(style::css))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .route(
            protocol::lan::EVENTS_PATH,
            post(local::events).layer(DefaultBodyLimit::max(LOCAL_BYTES)),
        )
        .route(
            "/push/{device}/{token}",
            post(push::take).layer(DefaultBodyLimit::max(PUSH_BYTES)),
        )
        .fallback(problem::not_found)
        .layer(middleware::from_fn(secure))
        .with_state(house)
}

async fn secure(request: axum::extract::Request, next: Next) -> Response {
    let mut response = problem::dress(next.run(request).await);
    let headers = response.headers_mut();
    let policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
