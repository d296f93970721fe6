//! Who signed in at which desk, with a PIN: a screen that is paired anew starts signed out, whoever sits at its window.
//!
//! What is kept names the screen by the hash of its token, so that another screen that gets the same id has no session.

use edge_kernel::{Port, Refusal, Table};
use edge_lan::pairing::Screen;
use protocol::{PersonId, id::ScreenId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OnceCell;

/// What the key of a session begins with.
const KEY: &str = "desk-session/";

/// All sessions, in memory and in the table of the box.
#[derive(Debug)]
pub(crate) struct DeskSessions {
    port: Port,
    loaded: OnceCell<()>,
    open: Arc<Mutex<BTreeMap<ScreenId, KeptSession>>>,
}

/// Somebody who signed in at a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptSession {
    screen: String,
    operator: PersonId,
}

impl DeskSessions {
    pub(crate) fn new(port: Port) -> Self {
        Self {
            port,
            loaded: OnceCell::new(),
            open: Arc::default(),
        }
    }

    /// Who signed in at this screen.
    pub(super) async fn operator(&self, screen: &Screen) -> Result<Option<PersonId>, Refusal> {
        self.load_once().await?;
        let open = lock(&self.open);
        let session = open.get(&screen.id).filter(|kept| kept.screen == screen.fingerprint());
        Ok(session.map(|kept| kept.operator))
    }

    /// Somebody signed in; it is on disk then, so that a restart does not ask for the PIN again.
    pub(super) async fn begin(&self, screen: &Screen, operator: PersonId) -> Result<(), Refusal> {
        self.load_once().await?;
        let session = KeptSession {
            screen: screen.fingerprint().to_owned(),
            operator,
        };
        let bytes = serde_json::to_vec(&session).ok();
        let key = format!("{KEY}{}", screen.id);
        self.port.store(Table::Local, key, bytes).await?;
        lock(&self.open).insert(screen.id.clone(), session);
        Ok(())
    }

    /// Somebody signed out. What the table still says opens nothing: its operator no longer sits at the window.
    pub(super) fn end(&self, screen: &Screen) {
        lock(&self.open).remove(&screen.id);
    }

    async fn load_once(&self) -> Result<(), Refusal> {
        let load = self.loaded.get_or_try_init(|| async {
            for (key, value) in self.port.table(Table::Local).await? {
                let id = key.strip_prefix(KEY).and_then(|id| id.parse::<ScreenId>().ok());
                let session = serde_json::from_slice::<KeptSession>(&value).ok();
                if let Some((id, session)) = id.zip(session) {
                    lock(&self.open).entry(id).or_insert(session);
                }
            }
            Ok::<(), Refusal>(())
        });
        load.await?;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
