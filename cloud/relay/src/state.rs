//! What the requests of edges and of people share: the databases, the clock, who is connected, the limits.
//!
//! Nothing here names a route, or a page that stands on it.

use crate::{
    edges::AdmissionControl,
    keys::{CommandKey, KeyFileError},
    settings::Settings,
};
use cloud_admin::{clock::CloudClock, links::Links, relay_metrics::Figures};
use cloud_store::{Db, StoreError};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every request can reach.
#[derive(Debug)]
pub struct RelayState {
    /// The databases.
    pub store: Db,
    /// Wall time.
    pub clock: CloudClock,
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
    pub(crate) admission: AdmissionControl,
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
        store.set_org_quota(u64::from(settings.limits.org_mib.get()) << 20);
        let key = CommandKey::open(&settings.dir).map_err(OpenError::Key)?;
        let gate = AdmissionControl::new(&settings.limits);
        let (links, figures) = (Arc::default(), Arc::default());
        Ok(Arc::new(Self {
            store,
            clock,
            links,
            key,
            settings,
            figures,
            stop,
            admission: gate,
        }))
    }
}
