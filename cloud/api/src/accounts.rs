//! Accounts of an organisation, and its audit.
//!
//! A new account gets a one-time password, shown once, that is good for choosing another and for nothing else.

use crate::{
    auth::AccountBody,
    extract::{JsonBody, Path, Query},
    page::OrgParam,
    refusals::Refusals,
    result::{ApiResult, created},
    role::RoleBody,
    wire_time::WireTime,
};
use axum::{Json, response::Response};
use cloud_admin::{
    accounts::{self, AccountRealm},
    audit::{self, AuditPage, MOST_ENTRIES},
    caller::{Caller, Tenant},
    token::OneTimePassword,
};
use cloud_http::{Kind, Problem};
use cloud_store::{
    accounts::{AccountId, LoginName},
    audit::{AuditActor, ChainedEntry},
};
use http::StatusCode;
use protocol::{
    Digest,
    text::{AuditAction, RemoteAddress},
};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const USUAL_ENTRIES: u32 = 100;
/// 2^53 - 1: what every JSON reader counts to.
const LARGEST_SEQ: u64 = 9_007_199_254_740_991;

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRequest {
    /// What it will sign in with.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z0-9][a-z0-9._@-]{0,63}$",
        example = "dilnoza"
    )]
    login: String,
    /// What it will be; not `platform_admin`.
    role: RoleBody,
}

/// A new account and its one-time password, which cannot be had again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewAccountBody {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it signs in with.
    #[schema(value_type = String)]
    pub(crate) login: LoginName,
    /// What it is.
    pub(crate) role: RoleBody,
    /// Good for choosing another password, and for nothing else.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String)]
    pub(crate) one_time_password: OneTimePassword,
    /// From when on that is worthless.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires: WireTime,
}

/// A page of the audit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Entries at most, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500, nullable = false)]
    limit: Option<u32>,
    /// Entries older than this one.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64, nullable = false)]
    before: Option<u64>,
}

/// Somebody did something, or tried.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditEntryBody {
    /// Its place in the chain.
    pub(crate) seq: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: WireTime,
    /// Who: a login, `edge <id>`, or `-`.
    #[schema(value_type = String)]
    pub(crate) actor: AuditActor,
    /// What, dotted.
    #[schema(value_type = String)]
    pub(crate) action: AuditAction,
    /// To what.
    pub(crate) target: String,
    /// `done` or `refused`.
    pub(crate) outcome: &'static str,
    /// In words.
    pub(crate) detail: String,
    /// Where the request came from.
    #[schema(value_type = String)]
    pub(crate) ip: RemoteAddress,
    /// SHA-256 over the entry and the hash before it, hex.
    #[schema(value_type = String)]
    pub(crate) hash: Digest,
}

/// The one answer in which the password stands.
fn exposed<S: Serializer>(password: &OneTimePassword, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(password.expose())
}

/// The same where there may be none.
fn exposed_if<S: Serializer>(password: &Option<OneTimePassword>, serializer: S) -> Result<S::Ok, S::Error> {
    match password {
        Some(password) => exposed(password, serializer),
        None => serializer.serialize_none(),
    }
}

/// The organisation's accounts.
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(OrgParam),
    responses((status = 200, body = Vec<AccountBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant) -> ApiResult<Json<Vec<AccountBody>>> {
    let all = accounts::list(AccountRealm::Org(&tenant)).await?;
    all.iter().map(AccountBody::of).collect::<ApiResult<_>>().map(Json)
}

/// Make an account of the organisation.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = AccountRequest, params(OrgParam),
    responses((status = 201, body = NewAccountBody), Refusals))]
pub(crate) async fn create(tenant: Tenant, JsonBody(request): JsonBody<AccountRequest>) -> ApiResult<Response> {
    let made = accounts::create(AccountRealm::Org(&tenant), &request.login, request.role.into()).await?;
    created("/api/v1/accounts", new_account(made))
}

/// What is done with an account.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = AccountChange)]
pub(crate) enum AccountChangeName {
    /// It may not sign in any more.
    Disable,
    /// It may again.
    Enable,
    /// It is gone; what it did stays in the audit.
    Delete,
    /// It gets a one-time password, and its locks end.
    ResetPassword,
    /// Its second factor is taken away.
    ResetMfa,
    /// It is signed out everywhere.
    EndSessions,
}

/// What a change gives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountChanged)]
pub(crate) struct AccountChangedBody {
    /// Where the password was reset: good for choosing another one, and for nothing else.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed_if")]
    #[schema(value_type = Option<String>)]
    one_time_password: Option<OneTimePassword>,
    /// From when on that is worthless.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<WireTime>,
}

/// What an account is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRequest {
    /// Not `platform_admin`.
    role: RoleBody,
}

/// Change an account of the organisation, or end it. Whatever it is, the account's sessions and live streams end. The last
/// administrator that can sign in is neither disabled nor deleted: 409 `urn:ostona:last-administrator`.
#[utoipa::path(post, path = "/accounts/{id}/{change}", tag = "accounts",
    params(("id" = Uuid, Path), ("change" = AccountChangeName, Path), OrgParam),
    responses((status = 200, body = AccountChangedBody), Refusals))]
pub(crate) async fn change(
    tenant: Tenant,
    Path((id, change)): Path<(Uuid, AccountChangeName)>,
) -> ApiResult<Json<AccountChangedBody>> {
    apply(AccountRealm::Org(&tenant), AccountId(id), change).await
}

/// Make an account of the organisation something else. Its sessions end.
#[utoipa::path(put, path = "/accounts/{id}/role", tag = "accounts", request_body = RoleRequest,
    params(("id" = Uuid, Path), OrgParam), responses((status = 204), Refusals))]
pub(crate) async fn change_role(
    tenant: Tenant,
    Path(id): Path<Uuid>,
    JsonBody(request): JsonBody<RoleRequest>,
) -> ApiResult<StatusCode> {
    accounts::change_role(AccountRealm::Org(&tenant), AccountId(id), request.role.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The platform's accounts.
#[utoipa::path(get, path = "/platform/accounts", tag = "accounts",
    responses((status = 200, body = Vec<AccountBody>), Refusals))]
pub(crate) async fn list_platform(caller: Caller) -> ApiResult<Json<Vec<AccountBody>>> {
    let all = accounts::list(AccountRealm::Platform(&caller)).await?;
    all.iter().map(AccountBody::of).collect::<ApiResult<_>>().map(Json)
}

/// Make an account of the platform; its role is `platform_admin`.
#[utoipa::path(post, path = "/platform/accounts", tag = "accounts", request_body = AccountRequest,
    responses((status = 201, body = NewAccountBody), Refusals))]
pub(crate) async fn create_platform(
    caller: Caller,
    JsonBody(request): JsonBody<AccountRequest>,
) -> ApiResult<Response> {
    let made = accounts::create(AccountRealm::Platform(&caller), &request.login, request.role.into()).await?;
    created("/api/v1/platform/accounts", new_account(made))
}

/// Change an account of the platform, or end it, as `/accounts/{id}/{change}` does for an organisation's.
#[utoipa::path(post, path = "/platform/accounts/{id}/{change}", tag = "accounts",
    params(("id" = Uuid, Path), ("change" = AccountChangeName, Path)),
    responses((status = 200, body = AccountChangedBody), Refusals))]
pub(crate) async fn change_platform(
    caller: Caller,
    Path((id, change)): Path<(Uuid, AccountChangeName)>,
) -> ApiResult<Json<AccountChangedBody>> {
    apply(AccountRealm::Platform(&caller), AccountId(id), change).await
}

async fn apply(
    realm: AccountRealm<'_>,
    id: AccountId,
    change: AccountChangeName,
) -> ApiResult<Json<AccountChangedBody>> {
    let mut body = AccountChangedBody {
        one_time_password: None,
        expires: None,
    };
    match change {
        AccountChangeName::Disable => accounts::disable(realm, id).await?,
        AccountChangeName::Enable => accounts::enable(realm, id).await?,
        AccountChangeName::Delete => accounts::delete(realm, id).await?,
        AccountChangeName::ResetMfa => accounts::reset_mfa(realm, id).await?,
        AccountChangeName::EndSessions => accounts::end_sessions(realm, id).await?,
        AccountChangeName::ResetPassword => {
            let reset = accounts::reset_password(realm, id).await?;
            body.one_time_password = Some(reset.one_time_password);
            body.expires = Some(reset.expires.into());
        }
    }
    Ok(Json(body))
}

fn new_account(made: accounts::CreatedAccount) -> NewAccountBody {
    NewAccountBody {
        id: made.id.0,
        login: made.login,
        role: made.role.into(),
        one_time_password: made.one_time_password,
        expires: made.expires.into(),
    }
}

/// Who did what in the organisation, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery, OrgParam),
    responses((status = 200, body = Vec<AuditEntryBody>), Refusals))]
pub(crate) async fn audit(tenant: Tenant, Query(query): Query<AuditQuery>) -> ApiResult<Json<Vec<AuditEntryBody>>> {
    let entries = audit::list(&tenant, query.page()?).await?;
    Ok(Json(entries.into_iter().map(entry).collect()))
}

/// Who did what on the platform: sign-ins, organisations, edges' identities. Newest first.
#[utoipa::path(get, path = "/platform/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Vec<AuditEntryBody>), Refusals))]
pub(crate) async fn platform_audit(
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Json<Vec<AuditEntryBody>>> {
    let entries = audit::list_platform(&caller, query.page()?).await?;
    Ok(Json(entries.into_iter().map(entry).collect()))
}

impl AuditQuery {
    fn page(&self) -> ApiResult<AuditPage> {
        if self.before.is_some_and(|before| before > LARGEST_SEQ) {
            return Err(Problem::new(
                Kind::BadRequest,
                format!("Query: before is at most {LARGEST_SEQ}."),
            ));
        }
        let limit = match self.limit {
            None => USUAL_ENTRIES,
            Some(limit @ 1..=MOST_ENTRIES) => limit,
            Some(_) => {
                return Err(Problem::new(
                    Kind::BadRequest,
                    format!("Query: limit is 1 to {MOST_ENTRIES}."),
                ));
            }
        };
        Ok(AuditPage {
            before: self.before,
            limit,
        })
    }
}

fn entry(recorded: ChainedEntry) -> AuditEntryBody {
    let ChainedEntry { seq, entry, hash, .. } = recorded;
    AuditEntryBody {
        seq,
        at: entry.at.into(),
        actor: entry.actor,
        action: entry.action,
        target: entry.target,
        outcome: entry.result.as_str(),
        detail: entry.detail,
        ip: entry.ip,
        hash,
    }
}
