//! Commands: made here with an expiry, carried out at an edge at most once, followed until their outcome.
//!
//! Nothing here sends anything: the row in the store is the truth, the bell only makes the edge's connection look.

mod wish;

pub use wish::{ActionWish, CommandWish, DoorArgs, NoArgs};

use super::{
    caller::Tenant,
    created, edges,
    extract::{Body, Path, Query},
    orgs::entropy,
    page::{Listed, Page, Whose, cursor},
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
    target::DeviceRef,
};
use axum::{Json, http::HeaderMap, response::Response};
use cloud_store::{
    StoreError,
    audit::Done,
    commands::{self, CommandFilter, CommandState, TrackedCommand},
    devices, documents,
    edges::EdgeState,
    idempotency::{self, Kept, Once},
};
use protocol::{Command, CommandId, DocumentId, EdgeId, command::Action};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const KEY_KEPT: Duration = Duration::from_secs(24 * 3600);

/// A command and where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Command)]
pub struct CommandBody {
    /// Its id.
    pub id: Uuid,
    /// The edge that carries it out.
    pub edge: Uuid,
    /// The device it is for, as in paths.
    pub device: Option<String>,
    /// What was asked: `name` and `args`.
    #[schema(value_type = Object)]
    pub action: Value,
    /// `queued`, `sent`, `accepted`, `running`; or an outcome: `ok`, `failed`, `expired`, `rejected`.
    #[schema(pattern = "^(queued|sent|accepted|running|ok|failed|expired|rejected)$")]
    pub state: &'static str,
    /// Who asked.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub created: String,
    /// From when on it is not carried out.
    #[schema(format = DateTime)]
    pub expires: String,
    /// When the edge had it on disk, by the cloud's clock.
    #[schema(format = DateTime)]
    pub received: Option<String>,
    /// When the outcome became known, by the cloud's clock.
    #[schema(format = DateTime)]
    pub settled: Option<String>,
    /// Milliseconds from asking to knowing the outcome, by the cloud's clock.
    pub round_trip_ms: Option<u64>,
    /// Milliseconds from the edge's taking it on to the outcome, by the edge's clock.
    pub took_ms: Option<u64>,
    /// Why it failed, expired or was refused: a stable word.
    #[schema(value_type = Option<String>)]
    pub reason: Option<Value>,
    /// More, for people.
    pub detail: Option<String>,
}

/// Which commands.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CommandQuery {
    /// Of this edge.
    #[param(value_type = Option<Uuid>, nullable = false)]
    edge: Option<EdgeId>,
    /// In this state.
    #[param(
        pattern = "^(queued|sent|accepted|running|ok|failed|expired|rejected)$",
        nullable = false
    )]
    state: Option<String>,
}

/// Ask something of a device. The answer comes at once; the outcome is at `location`, and on `/live`.
#[utoipa::path(post, path = "/devices/{id}/commands", tag = "commands", request_body = CommandWish,
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9][a-z0-9-]{0,62}$",
            description = "`<edge>~<device>`"),
        ("idempotency-key" = Option<String>, Header, pattern = "^[!-~]{1,128}$", description =
            "Kept 24 h: the same request again gets the same answer and is carried out once; another one gets 409."),
        Whose),
    responses((status = 201, body = CommandBody, headers(("location" = String))), Refusals))]
pub async fn create(
    tenant: Tenant,
    Path(target): Path<DeviceRef>,
    headers: HeaderMap,
    Body(wish): Body<CommandWish>,
) -> Answer<Response> {
    let key = wish::idempotency_key(&headers)?;
    ask_once(&tenant, &target, wish::checked(wish.action)?, wish.expires_in_s, key).await
}

/// The same as `POST /devices/{id}/commands` (M19).
#[utoipa::path(post, path = "/devices/{id}/actions", tag = "commands", request_body = CommandWish,
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9][a-z0-9-]{0,62}$",
            description = "`<edge>~<device>`"),
        ("idempotency-key" = Option<String>, Header, pattern = "^[!-~]{1,128}$", description = "As for commands."), Whose),
    responses((status = 201, body = CommandBody, headers(("location" = String))), Refusals))]
pub async fn act(
    tenant: Tenant,
    target: Path<DeviceRef>,
    headers: HeaderMap,
    wish: Body<CommandWish>,
) -> Answer<Response> {
    create(tenant, target, headers, wish).await
}

/// Commands for a device, newest first.
#[utoipa::path(get, path = "/devices/{id}/commands", tag = "commands",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Page, Whose),
    responses((status = 200, body = Listed<CommandBody>), Refusals))]
pub async fn of_device(
    tenant: Tenant,
    Path(target): Path<DeviceRef>,
    Query(page): Query<Page>,
) -> Answer<Json<Listed<CommandBody>>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(&tenant, target.edge).await?;
    let filter = CommandFilter {
        edge: Some(target.edge),
        device: Some(target.device.to_string()),
        ..filter(&page, None)?
    };
    listed(&tenant, filter).await
}

/// Commands of the organisation, newest first.
#[utoipa::path(get, path = "/commands", tag = "commands", params(CommandQuery, Page, Whose),
    responses((status = 200, body = Listed<CommandBody>), Refusals))]
pub async fn list(
    tenant: Tenant,
    Query(query): Query<CommandQuery>,
    Query(page): Query<Page>,
) -> Answer<Json<Listed<CommandBody>>> {
    tenant.need(Permission::ReadDevices).await?;
    if let Some(edge) = query.edge {
        edges::known(&tenant, edge).await?;
    }
    let filter = CommandFilter {
        edge: query.edge,
        ..filter(&page, query.state.as_deref())?
    };
    listed(&tenant, filter).await
}

/// One command.
#[utoipa::path(get, path = "/commands/{id}", tag = "commands", params(("id" = Uuid, Path), Whose),
    responses((status = 200, body = CommandBody), Refusals))]
pub async fn get(tenant: Tenant, Path(id): Path<CommandId>) -> Answer<Json<CommandBody>> {
    tenant.need(Permission::ReadDevices).await?;
    find(&tenant, id).await.map(|tracked| Json(body(&tracked)))
}

/// A command of the organisation.
pub async fn find(tenant: &Tenant, id: CommandId) -> Answer<TrackedCommand> {
    let found = commands::get(&tenant.scope, id).await.map_err(failed)?;
    found.ok_or_else(|| Problem::not_found("command"))
}

/// Asks something of a device and rings its edge.
pub async fn ask(tenant: &Tenant, target: &DeviceRef, action: Action, key: Option<String>) -> Answer<CommandId> {
    let once = key.map(|key| (key, Sha256::digest(format!("{target} {}", action.name())).into()));
    let (command, _) = queue(tenant, target, action, None, once).await?;
    Ok(command)
}

async fn ask_once(
    tenant: &Tenant,
    target: &DeviceRef,
    action: Action,
    expires_in_s: Option<u64>,
    key: Option<String>,
) -> Answer<Response> {
    let asked = json!({ "target": target.to_string(), "action": &action, "expires_in_s": expires_in_s });
    let once = key.map(|key| (key, Sha256::digest(asked.to_string()).into()));
    let (id, reply) = queue(tenant, target, action, expires_in_s, once).await?;
    let reply: Value =
        serde_json::from_str(&reply).map_err(|error| Problem::internal("Reading the answer again", &error))?;
    created(&format!("/api/v1/commands/{id}"), reply)
}

/// Queues a command, once per key, and gives its id and the answer.
async fn queue(
    tenant: &Tenant,
    target: &DeviceRef,
    action: Action,
    expires_in_s: Option<u64>,
    once: Option<(String, [u8; 32])>,
) -> Answer<(CommandId, String)> {
    tenant.need(Permission::for_action(&action)).await?;
    may_be_asked(tenant, target).await?;
    let lifetime = wish::lifetime(&action, expires_in_s)?;
    let app = &tenant.admin().app;
    let (now, by) = (app.clock.now(), tenant.caller.account().login.to_string());
    let command = Command {
        id: CommandId::new(now, entropy()?),
        org: tenant.scope.org(),
        edge: target.edge,
        device: Some(target.device.clone()),
        action,
        by: by.clone(),
        created: now,
        expires: now.plus(lifetime),
    };
    let id = command.id;
    let reply = serde_json::to_string(&body(&fresh(command.clone())));
    let reply = reply.map_err(|error| Problem::internal("Writing the answer", &error))?;
    let entry = tenant.caller.entry(
        &format!("command.{}", command.action.name()),
        &target,
        Done::Yes,
        id.to_string(),
    );
    if let Some((key, request)) = once {
        let once = Once {
            account: by,
            key,
            request,
            reply: reply.clone(),
            at: now,
            expires: now.plus(KEY_KEPT),
        };
        let kept = idempotency::create_command(&tenant.scope, once, command, entry)
            .await
            .map_err(failed)?;
        match kept {
            Kept::New => {}
            Kept::Before(reply) => return Ok((replied_id(&reply)?, reply)),
            Kept::Other => {
                let detail = "This idempotency key was used with another request within the last 24 h.";
                return Err(Problem::new(Kind::KeyReused, detail));
            }
        }
    } else {
        commands::create(&tenant.scope, command, entry).await.map_err(failed)?;
    }
    app.figures.commands_queued.one();
    app.links.ring(target.edge);
    Ok((id, reply))
}

fn replied_id(reply: &str) -> Answer<CommandId> {
    let reply: Value =
        serde_json::from_str(reply).map_err(|error| Problem::internal("Reading the answer again", &error))?;
    let id = reply.get("id").and_then(Value::as_str).unwrap_or_default();
    id.parse()
        .map_err(|error| Problem::internal("Reading the answer again", &error))
}

/// An active edge of the organisation, and a device that the edge or a document knows of.
async fn may_be_asked(tenant: &Tenant, target: &DeviceRef) -> Answer<()> {
    let edge = edges::known(tenant, target.edge).await?;
    let told = devices::get(&tenant.scope, target.edge, target.device.clone())
        .await
        .map_err(failed)?;
    if told.is_none() {
        let document = DocumentId::of_device(&target.device);
        let published = documents::latest(&tenant.scope, target.edge, document)
            .await
            .map_err(failed)?;
        published
            .filter(|published| !published.document.withdrawn)
            .ok_or_else(|| Problem::not_found("device"))?;
    }
    match edge.state {
        EdgeState::Active => Ok(()),
        EdgeState::Quarantined | EdgeState::Revoked => {
            let detail = format!("The edge is {}: it takes no commands.", edge.state.as_str());
            Err(Problem::new(Kind::Conflict, detail))
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

fn filter(page: &Page, state: Option<&str>) -> Answer<CommandFilter> {
    let unknown = |()| Problem::new(Kind::BadRequest, "Query: state is none of the states.");
    let state = state.map(str::parse).transpose().map_err(unknown)?;
    Ok(CommandFilter {
        edge: None,
        device: None,
        state,
        before: page.after()?,
        limit: page.limit()?,
    })
}

async fn listed(tenant: &Tenant, filter: CommandFilter) -> Answer<Json<Listed<CommandBody>>> {
    let limit = filter.limit as usize;
    let found = commands::list(&tenant.scope, filter).await.map_err(failed)?;
    let last = found.last().filter(|_| found.len() == limit);
    let next = last.map(|tracked| cursor(tracked.command.created, tracked.command.id));
    Ok(Json(Listed {
        items: found.iter().map(body).collect(),
        next,
    }))
}

/// As answered.
pub fn body(tracked: &TrackedCommand) -> CommandBody {
    let command = &tracked.command;
    let device = command.device.clone().map(|device| {
        DeviceRef {
            edge: command.edge,
            device,
        }
        .to_string()
    });
    CommandBody {
        id: *command.id.as_uuid(),
        edge: *command.edge.as_uuid(),
        device,
        action: serde_json::to_value(&command.action).unwrap_or_default(),
        state: tracked.state.as_str(),
        by: command.by.clone(),
        created: command.created.to_string(),
        expires: command.expires.to_string(),
        received: tracked.received.map(|at| at.to_string()),
        settled: tracked.settled.map(|at| at.to_string()),
        round_trip_ms: round_trip(tracked).map(|length| u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
        took_ms: tracked.took_ms,
        reason: tracked.reason.and_then(|reason| serde_json::to_value(reason).ok()),
        detail: tracked.detail.clone(),
    }
}

/// From asking to knowing the outcome, by the cloud's clock.
pub fn round_trip(tracked: &TrackedCommand) -> Option<Duration> {
    tracked.settled.map(|settled| settled.since(tracked.command.created))
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking after commands", error)
}
