//! The branch's queue as people decided it: the cloud's document where there is one, else what was settled on the box.
//!
//! The two are never mixed: while the cloud's is in force, what stands on the box waits.

use edge_kernel::{
    Port, Refusal, Table,
    queue::{Queue, SetupChange},
};
use protocol::{Document, queue::Branch, signed::Signed};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The document that describes the branch.
const BRANCH: &str = "queue/branch";
/// The document that holds agreed times.
const BOOKINGS: &str = "bookings/branch";
/// The branch as it was settled on the box.
const LOCAL: &str = "branch";

/// What a document is about, where it is about the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The branch.
    Branch,
    /// Agreed times.
    Bookings,
}

impl About {
    /// Of a document; none that is about something else.
    pub(crate) fn of(document: &Document) -> Option<Self> {
        match document.id.as_str() {
            BRANCH => Some(About::Branch),
            BOOKINGS => Some(About::Bookings),
            _ => None,
        }
    }
}

/// Puts what is on disk in force: once, at the start.
pub(crate) async fn read(port: &Port) -> Result<(), Refusal> {
    let settled = local(port).await?.map(Arc::new);
    port.configure::<Queue>(SetupChange::Settled(settled)).await?;
    for (key, bytes) in port.table(Table::Documents).await? {
        let change = match key.as_str() {
            BRANCH => body(&key, &bytes).map(|branch| SetupChange::Published(Some(Arc::new(branch)))),
            BOOKINGS => body(&key, &bytes).map(|bookings| SetupChange::Bookings(Arc::new(bookings))),
            _ => None,
        };
        if let Some(change) = change {
            port.configure::<Queue>(change).await?;
        }
    }
    Ok(())
}

/// Puts a document in force; nothing changes where it does not work. What was settled on the box is not touched: it is in
/// force again once the cloud's branch is withdrawn.
pub(crate) async fn put(port: &Port, about: About, document: &Document) -> Result<(), String> {
    let change = match (about, document.withdrawn) {
        (About::Branch, true) => SetupChange::Published(None),
        (About::Branch, false) => SetupChange::Published(Some(Arc::new(parse(document)?))),
        (About::Bookings, true) => SetupChange::Bookings(Arc::default()),
        (About::Bookings, false) => SetupChange::Bookings(Arc::new(parse(document)?)),
    };
    let configured = port.configure::<Queue>(change).await;
    configured.map_err(|refusal| refusal.to_string())
}

fn parse<T: DeserializeOwned>(document: &Document) -> Result<T, String> {
    T::deserialize(&document.body).map_err(|error| error.to_string())
}

/// What a document on disk says; it was checked when it came.
fn body<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Option<T> {
    let document = serde_json::from_slice::<Signed>(bytes).ok();
    let document = document.and_then(|signed| serde_json::from_str::<Document>(&signed.text).ok());
    let body = document.and_then(|document| T::deserialize(&document.body).ok());
    if body.is_none() {
        tracing::warn!(key, "a document cannot be read any more and is left out");
    }
    body
}

/// The branch as it was settled on the box.
async fn local(port: &Port) -> Result<Option<Branch>, Refusal> {
    let table = port.table(Table::Local).await?;
    let Some((_, bytes)) = table.iter().find(|(key, _)| key == LOCAL) else {
        return Ok(None);
    };
    let branch = serde_json::from_slice::<Branch>(bytes);
    if branch.is_err() {
        tracing::error!("the branch settled on this box cannot be read any more");
    }
    Ok(branch.ok())
}
