//! The edge's LAN port: the screens of a branch, what devices post on their own, what local agents report, and how the box is.
//!
//! Nothing is answered with "taken" before it is on disk, and nothing here asks the cloud anything.

mod admin;
mod assets;
mod branch;
mod calls;
mod claim;
mod date;
mod desk;
mod display;
mod hall;
mod health;
mod holder;
mod icon;
mod issue;
mod kiosk;
mod layout;
mod listener;
mod live;
mod local;
mod notes;
mod page;
mod pairing;
mod paper;
mod phone;
mod problem;
mod push;
mod qr;
mod request;
mod secret;
mod session;
mod settings;
mod signage;
mod voice;
mod when;
mod words;

pub use calls::{Answered, Called, Callers, Calling, Stranger, Way};
pub use claim::{ClaimError, claim_code, forget_password};
pub use push::Pushed;
pub use settings::{Doorkeeper, Link, ScreensError, Settings};
pub use signage::afar::Displays;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use edge_kernel::Port;
use hall::Hall;
use kiosk::Visits;
use notes::Notes;
use pairing::Pairing;
use problem::Problem;
use secret::Passwords;
use session::Sessions;
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Longest push: an event with a picture.
const PUSH_BYTES: usize = 4 << 20;
/// Longest report of a local agent.
const LOCAL_BYTES: usize = 1 << 20;
/// Pushes in memory at once, and the room for them on their way to the drivers.
const PUSHES: usize = 8;
/// Calls in memory at once.
const CALLS: usize = 16;

/// What every page may look at.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) port: Port,
    pub(crate) doorkeeper: Arc<dyn Doorkeeper>,
    pub(crate) pushes: mpsc::Sender<Pushed>,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) calling: Calling,
    pub(crate) call_turns: Arc<Semaphore>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) link: watch::Receiver<Link>,
    pub(crate) version: Arc<str>,
    pub(crate) pairing: Arc<Pairing>,
    pub(crate) passwords: Passwords,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) visits: Visits,
    pub(crate) state: Arc<Path>,
    pub(crate) hall: Arc<Hall>,
}

impl House {
    pub(crate) fn new(settings: Settings, port: Port, pushes: mpsc::Sender<Pushed>) -> Self {
        Self {
            notes: Arc::new(Notes::new(port.clone())),
            pairing: Arc::new(Pairing::new(port.clone())),
            passwords: Passwords::new(),
            sessions: Arc::new(Sessions::default()),
            visits: Visits::default(),
            state: settings.state.as_path().into(),
            hall: Arc::new(Hall::new(&port, settings.link.clone(), &settings.state)),
            port,
            doorkeeper: settings.doorkeeper,
            pushes,
            turns: Arc::new(Semaphore::new(PUSHES)),
            calling: settings.calling,
            call_turns: Arc::new(Semaphore::new(CALLS)),
            link: settings.link,
            version: settings.version.into(),
        }
    }
}

/// The port at work.
#[derive(Debug)]
pub struct Screens {
    address: SocketAddr,
    displays: Displays,
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
        let house = House::new(settings, port, pushes);
        let speaker = tokio::task::spawn_blocking(voice::speaker::find).await;
        house.hall.work(speaker.ok().flatten(), &stop).await;
        admin::prepare(&house).await;
        tokio::spawn(holder::erase(house.port.clone(), stop.clone()));
        let displays = Displays::new(house.hall.live.emergency.clone(), stop.clone());
        let task = tokio::spawn(listener::serve(listener, routes(house), stop));
        let screens = Self {
            address,
            displays,
            task,
        };
        Ok((screens, pushed))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way to every display of the site.
    pub fn displays(&self) -> Displays {
        self.displays.clone()
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
        .merge(assets::routes())
        .merge(pairing::routes())
        .merge(admin::routes())
        .merge(kiosk::routes())
        .merge(desk::routes())
        .merge(display::routes())
        .merge(phone::routes())
        .fallback(problem::not_found)
        .merge(calls(&house))
        .layer(middleware::from_fn(secure))
        .layer(middleware::from_fn_with_state(house.clone(), date::stamp))
        .with_state(house)
}

/// Where devices call that only ever call.
fn calls(house: &House) -> Router<House> {
    house.calling.ways.iter().fold(Router::new(), |router, way| {
        let way = *way;
        let take = any(move |state, request| calls::take(way, state, request));
        let path = format!("/{}/{{*rest}}", way.prefix);
        router.route(&path, take.layer(DefaultBodyLimit::max(calls::CALL_BYTES)))
    })
}

/// What a page may load: what this box serves, and no script or style inside the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

async fn secure(request: axum::extract::Request, next: Next) -> Response {
    let response = if request::is_from_elsewhere(&request) {
        let detail = "This request comes from a page of another site.";
        Problem::new(StatusCode::FORBIDDEN, "urn:ostona:not-yours", "Not from here", detail).into_response()
    } else {
        next.run(request).await
    };
    let mut response = problem::dress(response);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;
