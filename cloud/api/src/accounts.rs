//! Accounts of an organisation, and its audit.
//!
//! A new account gets a one-time password, shown once, that is good for choosing another and for nothing else.

use super::{
    auth::AccountBody,
    caller::{Caller, Tenant},
    created,
    extract::{Body, Query},
    page::Whose,
    problem::{Answer, Kind, Problem, Refusals},
    role::{Permission, Role},
    sign_in, token,
};
use axum::{Json, response::Response};
use cloud_store::{
    StoreError,
    accounts::{self, AccountId, Login, Made, NewAccount, RoleName},
    audit::{self, Done, Recorded},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const MOST_ENTRIES: u32 = 500;
/// 2^53 - 1: what every JSON reader counts to.
const LARGEST_SEQ: u64 = 9_007_199_254_740_991;

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountWish {
    /// What it will sign in with.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z0-9][a-z0-9._@-]{0,63}$",
        example = "dilnoza"
    )]
    login: String,
    /// What it will be; not `platform_admin`.
    role: Role,
}

/// A new account and its one-time password, which cannot be had again.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewAccountBody {
    /// Its id.
    pub id: Uuid,
    /// What it signs in with.
    pub login: String,
    /// What it is.
    pub role: Role,
    /// Good for choosing another password, and for nothing else.
    pub one_time_password: String,
}

/// A page of the audit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditPage {
    /// Entries at most, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500, nullable = false)]
    limit: Option<u32>,
    /// Entries older than this one.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64, nullable = false)]
    before: Option<u64>,
}

/// Somebody did something, or tried.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its place in the chain.
    pub seq: u64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: a login, `edge <id>`, or `-`.
    pub actor: String,
    /// What, dotted.
    pub action: String,
    /// To what.
    pub target: String,
    /// `done` or `refused`.
    pub outcome: &'static str,
    /// In words.
    pub detail: String,
    /// Where the request came from.
    pub ip: String,
    /// SHA-256 over the entry and the hash before it, hex.
    pub hash: String,
}

/// The organisation's accounts.
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(Whose),
    responses((status = 200, body = Vec<AccountBody>), Refusals))]
pub async fn list(tenant: Tenant) -> Answer<Json<Vec<AccountBody>>> {
    tenant.need(Permission::ManageAccounts).await?;
    let all = accounts::list(&tenant.admin().app.store.platform(), Some(tenant.scope.org()))
        .await
        .map_err(failed)?;
    all.iter().map(AccountBody::of).collect::<Answer<_>>().map(Json)
}

/// Make an account of the organisation.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = AccountWish, params(Whose),
    responses((status = 201, body = NewAccountBody), Refusals))]
pub async fn create(tenant: Tenant, Body(wish): Body<AccountWish>) -> Answer<Response> {
    tenant.need(Permission::ManageAccounts).await?;
    if wish.role == Role::PlatformAdmin {
        tenant
            .record("account.create", &wish.login, Done::Refused, "role platform_admin")
            .await?;
        return Err(Problem::new(
            Kind::Forbidden,
            "A platform account cannot belong to an organisation.",
        ));
    }
    if wish.login.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Problem::new(Kind::Invalid, "A login is written in lower case."));
    }
    let login: Login = wish
        .login
        .parse()
        .map_err(|error| Problem::new(Kind::Invalid, format!("{error}.")))?;
    let admin = tenant.admin();
    let at = admin.app.clock.now();
    let password = token::one_time_password().map_err(|error| Problem::internal("Making a password", &error))?;
    let hash = admin
        .passwords
        .hash(&password)
        .await
        .map_err(sign_in::password_problem)?;
    let id = AccountId(sign_in::random_id(at)?);
    let role = RoleName(wish.role.as_str().to_owned());
    let account = NewAccount {
        id,
        login: login.clone(),
        org: Some(tenant.scope.org()),
        role,
        password: hash,
        at,
    };
    let detail = format!("role {}", wish.role);
    let entry = tenant.caller.entry("account.create", &login, Done::Yes, &detail);
    match accounts::create(&admin.app.store.platform(), account, entry)
        .await
        .map_err(failed)?
    {
        // Logins are unique over all organisations; that this one is taken elsewhere cannot be kept from the asker.
        Made::Taken => Err(Problem::new(Kind::Conflict, "That login is taken.")),
        Made::Yes => {
            tenant.record("account.create", &login, Done::Yes, detail).await?;
            let body = NewAccountBody {
                id: id.0,
                login: login.to_string(),
                role: wish.role,
                one_time_password: password,
            };
            created("/api/v1/accounts", body)
        }
    }
}

/// Who did what in the organisation, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditPage, Whose),
    responses((status = 200, body = Vec<AuditEntry>), Refusals))]
pub async fn audit(tenant: Tenant, Query(page): Query<AuditPage>) -> Answer<Json<Vec<AuditEntry>>> {
    tenant.need(Permission::ReadAudit).await?;
    let limit = page.limit()?;
    let entries = audit::list(&tenant.scope, page.before, limit).await.map_err(failed)?;
    Ok(Json(entries.into_iter().map(entry).collect()))
}

/// Who did what on the platform: sign-ins, organisations, edges' identities. Newest first.
#[utoipa::path(get, path = "/platform/audit", tag = "audit", params(AuditPage),
    responses((status = 200, body = Vec<AuditEntry>), Refusals))]
pub async fn platform_audit(caller: Caller, Query(page): Query<AuditPage>) -> Answer<Json<Vec<AuditEntry>>> {
    caller.need(Permission::ManageOrgs).await?;
    let platform = caller.admin.app.store.platform();
    let entries = audit::list_platform(&platform, page.before, page.limit()?)
        .await
        .map_err(failed)?;
    Ok(Json(entries.into_iter().map(entry).collect()))
}

impl AuditPage {
    fn limit(&self) -> Answer<u32> {
        if self.before.is_some_and(|before| before > LARGEST_SEQ) {
            return Err(Problem::new(
                Kind::BadRequest,
                format!("Query: before is at most {LARGEST_SEQ}."),
            ));
        }
        match self.limit {
            None => Ok(100),
            Some(limit @ 1..=MOST_ENTRIES) => Ok(limit),
            Some(_) => Err(Problem::new(
                Kind::BadRequest,
                format!("Query: limit is 1 to {MOST_ENTRIES}."),
            )),
        }
    }
}

fn entry(recorded: Recorded) -> AuditEntry {
    let Recorded { seq, entry, hash, .. } = recorded;
    AuditEntry {
        seq,
        at: entry.at.to_string(),
        actor: entry.actor,
        action: entry.action,
        target: entry.target,
        outcome: entry.done.as_str(),
        detail: entry.detail,
        ip: entry.ip,
        hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking after accounts", error)
}
