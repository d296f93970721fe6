//! The wiring: what the halves of the relay share, and the routes they serve.

use crate::{
    edges, health,
    keys::{CommandKey, KeyFileError},
    settings::Settings,
};
use axum::{Router, middleware};
use cloud_admin::{
    AdminContext, AdminDependencies, clock::CloudClock, links::Links, password::PasswordError, rate::Rates,
    relay_metrics::Figures,
};
use cloud_console::ConsoleScheme;
use cloud_http::security_headers;
use cloud_store::{Db, StoreError, ingest::OrgEvent};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Stored events that a slow listener of [`RelayState::live`] may be behind before it misses some.
const LIVE: usize = 4096;

/// What every request can reach.
#[derive(Debug)]
pub struct RelayState {
    /// The databases.
    pub store: Db,
    /// Wall time.
    pub clock: CloudClock,
    /// Events, each published once it is on disk.
    pub live: broadcast::Sender<Arc<OrgEvent>>,
    /// Who is connected.
    pub links: Arc<Links>,
    /// What signs commands and documents.
    pub key: CommandKey,
    /// As read at the start.
    pub settings: Settings,
    /// Counters.
    pub figures: Arc<Figures>,
    /// Cancelled when the relay is to end: every endless answer must end with it.
    pub stop: CancellationToken,
    pub(crate) gate: edges::AdmissionControl,
}

/// Why the relay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The databases cannot be opened.
    #[error("cannot open the store")]
    Store(#[source] StoreError),
    /// The command key cannot be had.
    #[error("cannot open the command key")]
    Key(#[source] KeyFileError),
}

impl RelayState {
    /// Opens the state directory that the settings name.
    pub fn open(settings: Settings, clock: CloudClock, stop: CancellationToken) -> Result<Arc<Self>, OpenError> {
        let store = Db::open(&settings.dir).map_err(OpenError::Store)?;
        let key = CommandKey::open(&settings.dir).map_err(OpenError::Key)?;
        let gate = edges::AdmissionControl::new(&settings.limits);
        let (live, _) = broadcast::channel(LIVE);
        let (links, figures) = (Arc::default(), Arc::default());
        Ok(Arc::new(Self {
            store,
            clock,
            live,
            links,
            key,
            settings,
            figures,
            stop,
            gate,
        }))
    }
}

/// Why the administrators' half cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// No password can be hashed here.
    #[error("cannot prepare the passwords")]
    Passwords(#[source] PasswordError),
    /// The API's description cannot be written.
    #[error("cannot write the API's description")]
    Description(#[source] serde_json::Error),
}

/// Every route of the relay.
pub fn router(app: &Arc<RelayState>) -> Result<Router, RouterError> {
    let (requests, sign_ins) = (app.settings.limits.requests, app.settings.limits.sign_ins);
    let edges = Router::new()
        .merge(edges::router())
        .merge(health::router())
        .with_state(Arc::clone(app));
    Ok(edges.merge(people(app, Rates { requests, sign_ins })?))
}

/// What people and their programs ask: the API, the console, everybody's pages.
pub(crate) fn people(app: &RelayState, rates: Rates) -> Result<Router, RouterError> {
    let parts = AdminDependencies {
        store: app.store.clone(),
        clock: app.clock.clone(),
        live: app.live.clone(),
        links: Arc::clone(&app.links),
        figures: Arc::clone(&app.figures),
        stop: app.stop.clone(),
    };
    let admin = AdminContext::new(parts, rates).map_err(RouterError::Passwords)?;
    let scheme = match app.settings.tls {
        Some(_) => ConsoleScheme::Https,
        None => ConsoleScheme::Http,
    };
    let api = cloud_api::router(Arc::clone(&admin)).map_err(RouterError::Description)?;
    Ok(api
        .merge(cloud_console::router(Arc::clone(&admin), scheme))
        .merge(cloud_public::router(admin))
        .layer(middleware::map_response(async |response| {
            security_headers::guard(response)
        })))
}
