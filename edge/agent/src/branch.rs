//! The branch as people of the site settled it on the box itself. It waits while the cloud's own document is in force,
//! which the kernel hands the queue.

use edge_kernel::{
    Port, Refusal, Table,
    queue::{Queue, SetupChange},
};
use protocol::queue::Branch;
use std::sync::Arc;

/// The branch as it was settled on the box.
const LOCAL: &str = "branch";

/// Puts what was settled in force: once, at the start.
pub(crate) async fn read(port: &Port) -> Result<(), Refusal> {
    let settled = local(port).await?.map(Arc::new);
    port.configure::<Queue>(SetupChange::Settled(settled)).await
}

/// The branch as it was settled on the box.
async fn local(port: &Port) -> Result<Option<Branch>, Refusal> {
    let Some(bytes) = port.value(Table::Local, LOCAL).await? else {
        return Ok(None);
    };
    let branch = serde_json::from_slice::<Branch>(&bytes);
    if branch.is_err() {
        tracing::error!("the branch settled on this box cannot be read any more");
    }
    Ok(branch.ok())
}
