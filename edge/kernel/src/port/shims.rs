//! The calls of before there were views, over the new ones. They go once every caller has moved.

use super::Port;
use crate::{DecideError, Refusal};
use edge_journal::Table;
use edge_prints::{Prints, Wish};
use edge_queue::{Queue, Request, Setup};
use edge_roster::Roster;
use protocol::{Actor, Fact, Outcome};
use std::{convert::Infallible, sync::Arc};

/// Why something asked of the queue was not done.
pub type QueueRefusal = DecideError<edge_queue::Refusal>;

/// The views of all apps.
#[derive(Debug, Clone)]
pub struct Site {
    /// Devices, commands under way, documents in force.
    pub roster: Arc<Roster>,
    /// Tickets, windows and who sits at them.
    pub queue: Arc<Queue>,
    /// Sheets on their way through printers.
    pub prints: Arc<Prints>,
    /// What people decided about the queue.
    pub setup: Arc<Setup>,
}

impl Port {
    /// Looks at the roster as it is on disk.
    pub async fn look<T>(&self, look: impl FnOnce(&Roster) -> T) -> Result<T, Refusal> {
        Ok(look(&self.read::<Roster>().await?.state))
    }

    /// Looks at every app as it is on disk.
    pub async fn survey<T>(&self, look: impl FnOnce(&Site) -> T) -> Result<T, Refusal> {
        let queue = self.read::<Queue>().await?;
        let site = Site {
            roster: self.read::<Roster>().await?.state,
            queue: queue.state,
            prints: self.read::<Prints>().await?.state,
            setup: queue.setup,
        };
        Ok(look(&site))
    }

    /// The former name of [`Port::store`].
    pub async fn shelve(&self, table: Table, key: String, value: Option<Vec<u8>>) -> Result<(), Refusal> {
        self.store(table, key, value).await
    }

    /// The former name of [`Port::table`].
    pub async fn shelf(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
        self.table(table).await
    }

    /// Asks something of the queue.
    pub async fn queue(&self, actor: Actor, request: Request) -> Result<Vec<Fact>, QueueRefusal> {
        self.decide::<Queue>(actor, request).await
    }

    /// Asks for a sheet; that it is asked for is on disk when this answers. What becomes of it are events.
    pub async fn print(&self, actor: Actor, wish: Wish) -> Result<(), Refusal> {
        let asked = self.decide::<Prints>(actor, edge_prints::Request::Print(wish));
        asked.await.map(|_| ()).map_err(plain)
    }

    /// Says that a printer is done with a sheet. Only the first word counts; another printer may have its turn then.
    pub async fn printed(&self, wish: Wish, outcome: Outcome) -> Result<(), Refusal> {
        let ended = self.decide::<Prints>(Actor::Edge, edge_prints::Request::Ended { wish, outcome });
        ended.await.map(|_| ()).map_err(plain)
    }
}

fn plain(error: DecideError<Infallible>) -> Refusal {
    match error {
        DecideError::Kernel(refusal) => refusal,
        DecideError::Refused(never) => match never {},
    }
}
