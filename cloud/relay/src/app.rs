//! The wiring: what the halves of the relay share, and the routes they serve.

use crate::{
    admin::{self, Admin, AdminError, rate::Rates},
    clock::Clock,
    edges,
    figures::Figures,
    health,
    keys::{CommandKey, KeyFileError},
    links::Links,
    settings::Settings,
};
use axum::Router;
use cloud_store::{Db, StoreError, ingest::Arrived};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Stored events that a slow listener of [`App::live`] may be behind before it misses some.
const LIVE: usize = 4096;

/// What every request can reach.
#[derive(Debug)]
pub struct App {
    /// The databases.
    pub store: Db,
    /// Wall time.
    pub clock: Clock,
    /// Events, each published once it is on disk.
    pub live: broadcast::Sender<Arc<Arrived>>,
    /// Who is connected.
    pub links: Arc<Links>,
    /// What signs commands and documents.
    pub key: CommandKey,
    /// As read at the start.
    pub settings: Settings,
    /// Counters.
    pub figures: Figures,
    /// Cancelled when the relay is to end: every endless answer must end with it.
    pub stop: CancellationToken,
    pub(crate) gate: edges::Gate,
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

impl App {
    /// Opens the state directory that the settings name.
    pub fn open(settings: Settings, clock: Clock, stop: CancellationToken) -> Result<Arc<Self>, OpenError> {
        let store = Db::open(&settings.dir).map_err(OpenError::Store)?;
        let key = CommandKey::open(&settings.dir).map_err(OpenError::Key)?;
        let gate = edges::Gate::new(&settings.limits);
        let (live, _) = broadcast::channel(LIVE);
        let (links, figures) = (Arc::default(), Figures::default());
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

/// Every route of the relay.
pub fn router(app: &Arc<App>) -> Result<Router, AdminError> {
    let (requests, sign_ins) = (app.settings.limits.requests, app.settings.limits.sign_ins);
    let admin = Admin::new(Arc::clone(app), Rates { requests, sign_ins })?;
    let edges = Router::new()
        .merge(edges::router())
        .merge(health::router())
        .with_state(Arc::clone(app));
    Ok(edges.merge(admin::router(admin)))
}
