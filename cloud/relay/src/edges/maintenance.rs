//! What has to happen without anybody asking: late commands end, lost bells are rung again, last-seen times are kept.

use super::refusal::chain;
use crate::state::RelayState;
use cloud_store::{StoreError, commands, documents, edges, registers};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

const SWEEP: Duration = Duration::from_secs(2);
/// Sweeps between two writings of last-seen times: a heartbeat must not be a write.
const SEEN_EVERY: u32 = 5;

/// Runs until the relay ends.
pub async fn watch(app: Arc<RelayState>) {
    let mut tick = interval(SWEEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sweeps: u32 = 0;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = app.stop.cancelled() => break,
        }
        sweeps = sweeps.wrapping_add(1);
        log(sweep(&app).await);
        if sweeps.is_multiple_of(SEEN_EVERY) {
            log(store_contacts(&app).await);
        }
    }
    log(store_contacts(&app).await);
}

async fn sweep(app: &RelayState) -> Result<(), StoreError> {
    for org in edges::orgs(&app.store.platform()).await? {
        let (scope, now) = (app.store.scope(org), app.clock.now());
        app.figures
            .commands_expired
            .add(commands::sweep(&scope, now).await? as u64);
        for edge in commands::due_edges(&scope, now).await? {
            app.links.wake(edge);
        }
        for edge in documents::due_edges(&scope).await? {
            app.links.wake(edge);
        }
        for edge in registers::due_edges(&scope, now).await? {
            app.links.wake(edge);
        }
    }
    Ok(())
}

async fn store_contacts(app: &RelayState) -> Result<(), StoreError> {
    let heard = app.links.take_contacts();
    if heard.is_empty() {
        Ok(())
    } else {
        edges::record_contacts(&app.store.platform(), heard).await
    }
}

fn log(result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::error!(error = %chain(&error), "the sweep failed");
    }
}
