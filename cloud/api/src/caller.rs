//! Who calls: the token of a request becomes a caller, and the organisation it names becomes a tenant.

use crate::{result::ApiResult, state::Api};
use axum::extract::FromRequestParts;
use cloud_admin::{
    AdminErrorKind,
    caller::{Caller, Tenant},
    sign_in,
    token::Token,
};
use cloud_http::{Kind, Problem, client::address};
use cloud_store::accounts::sessions::TokenKind;
use http::{header, request::Parts};
use protocol::OrgId;

/// Header with which a platform account says whose things it means.
const ORG_HEADER: &str = "ostona-org";

/// Somebody with a good token whose password may still be the one-time one.
#[derive(Debug)]
pub(crate) struct ProvisionalCaller(pub(crate) Caller);

impl FromRequestParts<Api> for ProvisionalCaller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> ApiResult<Self> {
        let needed = || Problem::new(Kind::SignInNeeded, "Send authorization: Bearer with an access token.");
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let (scheme, text) = header.and_then(|value| value.split_once(' ')).ok_or_else(needed)?;
        let token: Token = text.trim().parse().map_err(|_| needed())?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(needed());
        }
        let caller = sign_in::by_token(&api.admin, TokenKind::Access, &token, address(parts)).await?;
        caller.map(Self).ok_or_else(needed)
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> ApiResult<Self> {
        let ProvisionalCaller(caller) = ProvisionalCaller::from_request_parts(parts, api).await?;
        let own = "This password was made by somebody else. Choose your own with POST /api/v1/auth/password.";
        let needed = AdminErrorKind::PasswordChangeNeeded;
        Ok(caller
            .with_own_password()
            .map_err(|error| error.or_if(needed, needed, own))?)
    }
}

impl FromRequestParts<Api> for Tenant {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> ApiResult<Self> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let named = named_org(parts)?;
        if caller.account().org.is_none() && named.is_none() {
            let detail = format!("Say which organisation you mean: header {ORG_HEADER}, or org in the query.");
            return Err(Problem::new(Kind::BadRequest, detail));
        }
        Ok(caller.tenant(named).await?)
    }
}

/// Header and query are each checked; where both are given they must agree.
fn named_org(parts: &Parts) -> ApiResult<Option<OrgId>> {
    let unreadable = || Problem::new(Kind::BadRequest, "The organisation that is meant is named by its UUID.");
    let header = match parts.headers.get(ORG_HEADER) {
        None => None,
        Some(value) => Some(value.to_str().map_err(|_| unreadable())?),
    };
    let pairs = parts.uri.query().unwrap_or_default().split('&');
    let query = pairs.filter_map(|pair| pair.strip_prefix("org="));
    let mut named = None;
    for text in header.into_iter().chain(query) {
        let org: OrgId = text.parse().map_err(|_| unreadable())?;
        if named.replace(org).is_some_and(|before| before != org) {
            return Err(Problem::new(
                Kind::NotFound,
                "Header and query name different organisations.",
            ));
        }
    }
    Ok(named)
}
