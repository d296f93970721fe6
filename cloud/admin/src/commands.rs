//! Commands: made here with an expiry, carried out at an edge at most once, followed until their outcome.
//!
//! Nothing here sends anything: the row in the store is the truth, the bell only makes the edge's connection look.

mod request;

pub use cloud_store::idempotency::{IdempotencyKey, IdempotencyKeyError};
pub use request::{ActionRequest, LONGEST};

use crate::{
    AdminError, AdminErrorKind, AdminResult,
    caller::Tenant,
    cursor::{Cursor, PageRequest, PageResult},
    devices, edges,
    entropy::entropy,
    role::Permission,
    target::{CommandTarget, DeviceRef},
};
use cloud_store::{
    StoreError,
    audit::AuditResult,
    commands::{self, CommandFilter, CommandState, TrackedCommand},
    edges::EdgeState,
    idempotency::{self, IdempotencyMatch, IdempotentRequest},
};
use protocol::{Command, CommandId, DeviceId, EdgeId};
use serde_json::{Value, json};
use std::time::Duration;

const KEY_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Which commands.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommandQuery {
    /// Of this edge.
    pub edge: Option<EdgeId>,
    /// In this state.
    pub state: Option<CommandState>,
}

/// Asks something of a device or a site, once per key, and rings its edge. Gives the command as it was made.
pub async fn create(
    tenant: &Tenant,
    target: &CommandTarget,
    request: ActionRequest,
    key: Option<IdempotencyKey>,
) -> AdminResult<TrackedCommand> {
    let digest = request.digest(target);
    let request = request.checked(target)?;
    tenant.need(request.action.spec().permission).await?;
    may_be_asked(tenant, target).await?;
    let lifetime = request.lifetime()?;
    let admin = tenant.admin();
    let (now, login) = (admin.clock.now(), &tenant.caller.account().login);
    let command = Command {
        id: CommandId::new(now, entropy()?),
        org: tenant.scope.org(),
        edge: target.edge(),
        device: target.device().cloned(),
        action: request.action,
        by: login.as_str().into(),
        created: now,
        expires: now.plus(lifetime),
    };
    let id = command.id;
    let audited = format!("command.{}", command.action.name());
    let entry = tenant.caller.entry(audited, target, AuditResult::Done, id.to_string());
    let tracked = fresh(command.clone());
    if let Some(key) = key {
        let once = IdempotentRequest {
            account: login.clone(),
            key,
            request: digest,
            reply: json!({ "id": id }).to_string(),
            at: now,
            expires: now.plus(KEY_KEPT),
        };
        let kept = idempotency::create_command(&tenant.scope, once, command, entry).await;
        match kept.map_err(failed)? {
            IdempotencyMatch::New => {}
            IdempotencyMatch::Replay(reply) => return replayed_command(tenant, &reply).await,
            IdempotencyMatch::Other => {
                let detail = "This idempotency key was used with another request within the last 24 h.";
                return Err(AdminError::new(AdminErrorKind::KeyReused, detail));
            }
        }
    } else {
        commands::create(&tenant.scope, command, entry).await.map_err(failed)?;
    }
    admin.figures.commands_queued.one();
    admin.links.wake(target.edge());
    Ok(tracked)
}

/// The command that this key made: the same request again gets the same answer.
async fn replayed_command(tenant: &Tenant, reply: &str) -> AdminResult<TrackedCommand> {
    let unreadable = |error: &dyn std::error::Error| AdminError::internal("Reading the answer again", error);
    let reply: Value = serde_json::from_str(reply).map_err(|error| unreadable(&error))?;
    let id = reply.get("id").and_then(Value::as_str).unwrap_or_default();
    let id: CommandId = id.parse().map_err(|error| unreadable(&error))?;
    Ok(fresh(find(tenant, id).await?.command))
}

/// A command of the organisation.
pub async fn get(tenant: &Tenant, id: CommandId) -> AdminResult<TrackedCommand> {
    tenant.need(Permission::ReadDevices).await?;
    find(tenant, id).await
}

/// Commands of the organisation, newest first.
pub async fn list(
    tenant: &Tenant,
    query: CommandQuery,
    page: PageRequest<CommandId>,
) -> AdminResult<PageResult<TrackedCommand, CommandId>> {
    tenant.need(Permission::ReadDevices).await?;
    if let Some(edge) = query.edge {
        edges::known(tenant, edge).await?;
    }
    found(tenant, page, query.edge, None, query.state).await
}

/// Commands for a device, newest first.
pub async fn of_device(
    tenant: &Tenant,
    target: &DeviceRef,
    page: PageRequest<CommandId>,
) -> AdminResult<PageResult<TrackedCommand, CommandId>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, target.edge).await?;
    found(tenant, page, Some(target.edge), Some(target.device.clone()), None).await
}

async fn found(
    tenant: &Tenant,
    page: PageRequest<CommandId>,
    edge: Option<EdgeId>,
    device: Option<DeviceId>,
    state: Option<CommandState>,
) -> AdminResult<PageResult<TrackedCommand, CommandId>> {
    let filter = CommandFilter {
        edge,
        device,
        state,
        before: page.after.map(Into::into),
        limit: page.limit,
    };
    let items = commands::list(&tenant.scope, filter).await.map_err(failed)?;
    let last = items.last().filter(|_| items.len() == page.limit as usize);
    let next = last.map(|tracked| Cursor {
        at: tracked.command.created,
        id: tracked.command.id,
    });
    Ok(PageResult { items, next })
}

async fn find(tenant: &Tenant, id: CommandId) -> AdminResult<TrackedCommand> {
    let found = commands::get(&tenant.scope, id).await.map_err(failed)?;
    found.ok_or_else(|| AdminError::not_found("command"))
}

/// An active edge of the organisation, and a device that the edge or a document knows of.
async fn may_be_asked(tenant: &Tenant, target: &CommandTarget) -> AdminResult<()> {
    let edge = edges::known(tenant, target.edge()).await?;
    match target {
        CommandTarget::Device(device) => {
            devices::find(tenant, device).await?;
        }
        CommandTarget::Site(_) => {}
    }
    match edge.state {
        EdgeState::Active | EdgeState::Released => Ok(()),
        EdgeState::Quarantined | EdgeState::Revoked => {
            let detail = format!("The edge is {}: it takes no commands.", edge.state.as_str());
            Err(AdminError::new(AdminErrorKind::Conflict, detail))
        }
    }
}

/// A command nothing has happened to yet.
fn fresh(command: Command) -> TrackedCommand {
    TrackedCommand {
        command,
        state: CommandState::Queued,
        attempts: 0,
        sent: None,
        received: None,
        settled: None,
        reason: None,
        detail: None,
        took_ms: None,
    }
}

/// From asking to knowing the outcome, by the cloud's clock.
pub fn round_trip(tracked: &TrackedCommand) -> Option<Duration> {
    tracked.settled.map(|settled| settled.since(tracked.command.created))
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after commands", error)
}
