//! Commands: asked of a device, and followed until their outcome.

mod actions;
mod request;

use request::{CommandRequestBody, SiteCommandBody};

use crate::{
    extract::{JsonBody, Path, Query},
    page::{ItemPage, OrgParam, PageParams},
    refusals::Refusals,
    result::{ApiResult, created},
    wire_time::WireTime,
};
use axum::{Json, http::HeaderMap, response::Response};
use cloud_admin::{
    caller::Tenant,
    commands::{self, ActionRequest, CommandQuery, IdempotencyKey, round_trip},
    target::{CommandTarget, DeviceRef},
};
use cloud_http::{Kind, Problem};
use cloud_store::commands::TrackedCommand;
use protocol::{CommandId, EdgeId, text::AccountName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A command and where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Command)]
pub(crate) struct CommandBody {
    /// Its id.
    pub(crate) id: Uuid,
    /// The edge that carries it out.
    pub(crate) edge: Uuid,
    /// The device it is for, as in paths.
    #[schema(value_type = Option<String>)]
    pub(crate) device: Option<DeviceRef>,
    /// What was asked: `name` and `args`.
    #[schema(value_type = Object)]
    pub(crate) action: Value,
    /// `queued`, `sent`, `accepted`, `running`; or an outcome: `ok`, `failed`, `expired`, `rejected`.
    #[schema(pattern = "^(queued|sent|accepted|running|ok|failed|expired|rejected)$")]
    pub(crate) state: &'static str,
    /// Who asked.
    #[schema(value_type = String)]
    pub(crate) by: AccountName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: WireTime,
    /// From when on it is not carried out.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires: WireTime,
    /// When the edge had it on disk, by the cloud's clock.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) received: Option<WireTime>,
    /// When the outcome became known, by the cloud's clock.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) settled: Option<WireTime>,
    /// Milliseconds from asking to knowing the outcome, by the cloud's clock.
    pub(crate) round_trip_ms: Option<u64>,
    /// Milliseconds from the edge's taking it on to the outcome, by the edge's clock.
    pub(crate) took_ms: Option<u64>,
    /// Why it failed, expired or was refused: a stable word.
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<Value>,
    /// More, for people.
    pub(crate) detail: Option<String>,
}

/// Which commands.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommandParams {
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
#[utoipa::path(post, path = "/devices/{id}/commands", tag = "commands", request_body = CommandRequestBody,
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9][a-z0-9-]{0,62}$",
            description = "`<edge>~<device>`"),
        ("idempotency-key" = Option<String>, Header, pattern = "^[!-~]{1,128}$", description =
            "Kept 24 h: the same request again gets the same answer and is carried out once; another one gets 409."),
        OrgParam),
    responses((status = 201, body = CommandBody, headers(("location" = String))), Refusals))]
pub(crate) async fn create(
    tenant: Tenant,
    Path(target): Path<DeviceRef>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<CommandRequestBody>,
) -> ApiResult<Response> {
    made(&tenant, &CommandTarget::Device(target), &headers, request.into()).await
}

/// The same as `POST /devices/{id}/commands` (M19).
#[utoipa::path(post, path = "/devices/{id}/actions", tag = "commands", request_body = CommandRequestBody,
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9][a-z0-9-]{0,62}$",
            description = "`<edge>~<device>`"),
        ("idempotency-key" = Option<String>, Header, pattern = "^[!-~]{1,128}$", description = "As for commands."), OrgParam),
    responses((status = 201, body = CommandBody, headers(("location" = String))), Refusals))]
pub(crate) async fn act(
    tenant: Tenant,
    target: Path<DeviceRef>,
    headers: HeaderMap,
    request: JsonBody<CommandRequestBody>,
) -> ApiResult<Response> {
    create(tenant, target, headers, request).await
}

/// Ask something of a site itself: of its queue, its displays, or of the edge. The answer comes at once; the outcome is at
/// `location`, and on `/live`.
#[utoipa::path(post, path = "/edges/{id}/commands", tag = "commands", request_body = SiteCommandBody,
    params(("id" = Uuid, Path),
        ("idempotency-key" = Option<String>, Header, pattern = "^[!-~]{1,128}$", description = "As for a device's commands."),
        OrgParam),
    responses((status = 201, body = CommandBody, headers(("location" = String))), Refusals))]
pub(crate) async fn create_for_site(
    tenant: Tenant,
    Path(edge): Path<EdgeId>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<SiteCommandBody>,
) -> ApiResult<Response> {
    made(&tenant, &CommandTarget::Site(edge), &headers, request.into()).await
}

/// Commands for a device, newest first.
#[utoipa::path(get, path = "/devices/{id}/commands", tag = "commands",
    params(("id" = String, Path, description = "`<edge>~<device>`"), PageParams, OrgParam),
    responses((status = 200, body = ItemPage<CommandBody>), Refusals))]
pub(crate) async fn of_device(
    tenant: Tenant,
    Path(target): Path<DeviceRef>,
    Query(page): Query<PageParams>,
) -> ApiResult<Json<ItemPage<CommandBody>>> {
    let found = commands::of_device(&tenant, &target, page.asked()?).await?;
    Ok(Json(ItemPage::of(&found, body)))
}

/// Commands of the organisation, newest first.
#[utoipa::path(get, path = "/commands", tag = "commands", params(CommandParams, PageParams, OrgParam),
    responses((status = 200, body = ItemPage<CommandBody>), Refusals))]
pub(crate) async fn list(
    tenant: Tenant,
    Query(params): Query<CommandParams>,
    Query(page): Query<PageParams>,
) -> ApiResult<Json<ItemPage<CommandBody>>> {
    let unknown = |()| Problem::new(Kind::BadRequest, "Query: state is none of the states.");
    let state = params.state.as_deref().map(str::parse).transpose().map_err(unknown)?;
    let query = CommandQuery {
        edge: params.edge,
        state,
    };
    let found = commands::list(&tenant, query, page.asked()?).await?;
    Ok(Json(ItemPage::of(&found, body)))
}

/// One command.
#[utoipa::path(get, path = "/commands/{id}", tag = "commands", params(("id" = Uuid, Path), OrgParam),
    responses((status = 200, body = CommandBody), Refusals))]
pub(crate) async fn get(tenant: Tenant, Path(id): Path<CommandId>) -> ApiResult<Json<CommandBody>> {
    Ok(Json(body(&commands::get(&tenant, id).await?)))
}

async fn made(
    tenant: &Tenant,
    target: &CommandTarget,
    headers: &HeaderMap,
    request: ActionRequest,
) -> ApiResult<Response> {
    let key = idempotency_key(headers)?;
    let made = commands::create(tenant, target, request, key).await?;
    created(&format!("/api/v1/commands/{}", made.command.id), body(&made))
}

/// The `idempotency-key` header.
fn idempotency_key(headers: &HeaderMap) -> ApiResult<Option<IdempotencyKey>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    let detail = "idempotency-key is 1 to 128 visible ASCII characters.";
    key.map(Some).ok_or_else(|| Problem::new(Kind::BadRequest, detail))
}

/// As answered.
pub(crate) fn body(tracked: &TrackedCommand) -> CommandBody {
    let command = &tracked.command;
    let device = command.device.clone().map(|device| DeviceRef {
        edge: command.edge,
        device,
    });
    CommandBody {
        id: *command.id.as_uuid(),
        edge: *command.edge.as_uuid(),
        device,
        action: serde_json::to_value(&command.action).unwrap_or_default(),
        state: tracked.state.as_str(),
        by: command.by.clone(),
        created: command.created.into(),
        expires: command.expires.into(),
        received: tracked.received.map(WireTime::from),
        settled: tracked.settled.map(WireTime::from),
        round_trip_ms: round_trip(tracked).map(|length| u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
        took_ms: tracked.took_ms,
        reason: tracked.reason.and_then(|reason| serde_json::to_value(reason).ok()),
        detail: tracked.detail.clone(),
    }
}
