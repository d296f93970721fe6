//! What has to happen without anybody asking: late commands end, lost bells are rung again, last-seen times are kept.

use super::refusal::chain;
use crate::settings::Retention;
use crate::state::RelayState;
use cloud_store::{StoreError, commands, documents, edges, registers, retention};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

const SWEEP: Duration = Duration::from_secs(2);
/// Sweeps between two writings of last-seen times: a heartbeat must not be a write.
const SEEN_EVERY: u32 = 5;
/// How often it is looked whether something is old enough to be forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

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

/// Forgets what is older than it is kept, until the relay ends. Beside [`watch`], which must not wait for it.
pub async fn forget(app: Arc<RelayState>) {
    let mut tick = interval(FORGET_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = app.stop.cancelled() => return,
        }
        tokio::select! {
            forgotten = forget_once(&app) => log(forgotten),
            () = app.stop.cancelled() => return,
        }
    }
}

pub(super) async fn forget_once(app: &RelayState) -> Result<(), StoreError> {
    let now = app.clock.now();
    let before = |days: std::num::NonZeroU32| {
        let kept = i64::try_from((DAY * days.get()).as_millis()).unwrap_or(i64::MAX);
        protocol::Timestamp::from_millis(now.as_millis().saturating_sub(kept))
    };
    let Retention {
        events_days,
        audit_days,
    } = app.settings.retention;
    for org in edges::orgs(&app.store.platform()).await? {
        let scope = app.store.scope(org);
        let events = retention::forget_events(&scope, before(events_days)).await?;
        let records = retention::forget_records(&scope, before(events_days)).await?;
        let entries = retention::forget_audit(&scope, before(audit_days)).await?;
        if events > 0 || records > 0 || entries > 0 {
            tracing::info!(%org, events, records, entries, "forgot what is older than it is kept");
        }
    }
    let entries = retention::forget_platform_audit(&app.store.platform(), before(audit_days)).await?;
    if entries > 0 {
        tracing::info!(
            entries,
            "forgot the platform's audit entries that are older than they are kept"
        );
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
