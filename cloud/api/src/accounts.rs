//! Accounts of an organisation, and its audit.
//!
//! A new account gets a one-time password, shown once, that is good for choosing another and for nothing else.

use crate::{
    auth::AccountBody,
    extract::{JsonBody, Query},
    page::OrgParam,
    refusals::Refusals,
    result::{ApiResult, created},
    role::RoleBody,
    wire_time::WireTime,
};
use axum::{Json, response::Response};
use cloud_admin::{
    accounts::{self, AuditPage, MOST_ENTRIES},
    caller::{Caller, Tenant},
    token::OneTimePassword,
};
use cloud_http::{Kind, Problem};
use cloud_store::{
    accounts::LoginName,
    audit::{AuditActor, ChainedEntry},
};
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

/// The organisation's accounts.
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(OrgParam),
    responses((status = 200, body = Vec<AccountBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant) -> ApiResult<Json<Vec<AccountBody>>> {
    let all = accounts::list(&tenant).await?;
    all.iter().map(AccountBody::of).collect::<ApiResult<_>>().map(Json)
}

/// Make an account of the organisation.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = AccountRequest, params(OrgParam),
    responses((status = 201, body = NewAccountBody), Refusals))]
pub(crate) async fn create(tenant: Tenant, JsonBody(request): JsonBody<AccountRequest>) -> ApiResult<Response> {
    let made = accounts::create(&tenant, &request.login, request.role.into()).await?;
    let body = NewAccountBody {
        id: made.id.0,
        login: made.login,
        role: made.role.into(),
        one_time_password: made.one_time_password,
    };
    created("/api/v1/accounts", body)
}

/// Who did what in the organisation, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery, OrgParam),
    responses((status = 200, body = Vec<AuditEntryBody>), Refusals))]
pub(crate) async fn audit(tenant: Tenant, Query(query): Query<AuditQuery>) -> ApiResult<Json<Vec<AuditEntryBody>>> {
    let entries = accounts::audit(&tenant, query.page()?).await?;
    Ok(Json(entries.into_iter().map(entry).collect()))
}

/// Who did what on the platform: sign-ins, organisations, edges' identities. Newest first.
#[utoipa::path(get, path = "/platform/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Vec<AuditEntryBody>), Refusals))]
pub(crate) async fn platform_audit(
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Json<Vec<AuditEntryBody>>> {
    let entries = accounts::platform_audit(&caller, query.page()?).await?;
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
