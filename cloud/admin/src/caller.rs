//! Who calls, from where, and on behalf of which organisation: everything a handler may act for.
//!
//! A [`Tenant`] is the only way from a request to a [`Scope`]: it cannot exist without a good token, a password of the
//! account's own and an organisation the account may see.

use super::{
    Admin,
    problem::{Answer, Kind, Problem},
    role::{Permission, Role},
    token::Token,
};
use axum::extract::{ConnectInfo, FromRequestParts};
use cloud_store::{
    Scope,
    accounts::{
        Account, PasswordState,
        sessions::{self, Session, TokenKind},
    },
    audit::{self, Done, Entry},
    orgs,
};
use http::{header, request::Parts};
use protocol::OrgId;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// Header with which a platform account says whose things it means.
pub const ORG_HEADER: &str = "ostona-org";

/// Somebody with a good token.
#[derive(Debug)]
pub struct Caller {
    /// What the call works with.
    pub admin: Arc<Admin>,
    /// The session the token stands for.
    pub session: Session,
    /// What the account is.
    pub role: Role,
    /// Where the call came from.
    pub ip: IpAddr,
}

/// Somebody who works with the things of one organisation.
#[derive(Debug)]
pub struct Tenant {
    /// Who.
    pub caller: Caller,
    /// The organisation's things.
    pub scope: Scope,
}

/// Somebody with a good token whose password may still be the one-time one.
#[derive(Debug)]
pub struct Newcomer(pub Caller);

impl Caller {
    /// Makes a caller of a session.
    pub fn new(admin: Arc<Admin>, session: Session, ip: IpAddr) -> Answer<Self> {
        let role = session.account.role.0.parse();
        let role = role.map_err(|error| Problem::internal("Reading the account's role", &error))?;
        Ok(Self {
            admin,
            session,
            role,
            ip,
        })
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.session.account
    }

    /// An entry for the audit about something this caller did or tried.
    pub fn entry(
        &self,
        action: &str,
        target: &(impl std::fmt::Display + ?Sized),
        done: Done,
        detail: impl Into<String>,
    ) -> Entry {
        Entry {
            at: self.admin.app.clock.now(),
            actor: self.account().login.to_string(),
            action: action.to_owned(),
            target: target.to_string(),
            done,
            detail: detail.into(),
            ip: self.ip.to_string(),
        }
    }

    /// Passes whoever chose the password themselves.
    pub fn grown(self) -> Answer<Self> {
        match self.account().password {
            PasswordState::Own => Ok(self),
            PasswordState::OneTime => Err(Problem::new(
                Kind::PasswordChangeNeeded,
                "This password was made by somebody else. Choose your own with POST /api/v1/auth/password.",
            )),
        }
    }

    /// Passes a role that may do this on the platform; a refusal is remembered.
    pub async fn need(&self, permission: Permission) -> Answer<()> {
        if self.role.may(permission) {
            return Ok(());
        }
        let entry = self.entry(permission.as_str(), "", Done::Refused, format!("role {}", self.role));
        let recorded = match self.account().org {
            Some(org) => audit::record(&self.admin.app.store.scope(org), entry).await,
            None => audit::record_platform(&self.admin.app.store.platform(), entry).await,
        };
        recorded.map_err(|error| Problem::internal("Recording a refusal", &error))?;
        Err(Problem::new(
            Kind::Forbidden,
            format!("The role {} does not include {}.", self.role, permission.as_str()),
        ))
    }

    /// The things of the organisation this account belongs to, or of the one a platform account names.
    pub async fn tenant(self, named: Option<OrgId>) -> Answer<Tenant> {
        let org = match (self.account().org, named) {
            (Some(own), None) => own,
            (Some(own), Some(named)) if own == named => own,
            (Some(_), Some(_)) => return Err(Problem::not_found("organisation")),
            (None, None) => {
                let detail = format!("Say which organisation you mean: header {ORG_HEADER}, or org in the query.");
                return Err(Problem::new(Kind::BadRequest, detail));
            }
            (None, Some(named)) => named,
        };
        let known = orgs::get(&self.admin.app.store.platform(), org).await;
        known
            .map_err(|error| Problem::internal("Looking up the organisation", &error))?
            .ok_or_else(|| Problem::not_found("organisation"))?;
        let scope = self.admin.app.store.scope(org);
        Ok(Tenant { caller: self, scope })
    }
}

impl Tenant {
    /// Passes a role that may do this; a refusal is remembered in the organisation's audit.
    pub async fn need(&self, permission: Permission) -> Answer<()> {
        self.caller.need(permission).await
    }

    /// Remembers something that was done or refused in the organisation's audit.
    pub async fn record(
        &self,
        action: &str,
        target: &(impl std::fmt::Display + ?Sized),
        done: Done,
        detail: impl Into<String>,
    ) -> Answer<()> {
        let entry = self.caller.entry(action, &target, done, detail);
        audit::record(&self.scope, entry)
            .await
            .map_err(|error| Problem::internal("Recording what was done", &error))
    }

    /// The wiring.
    pub fn admin(&self) -> &Arc<Admin> {
        &self.caller.admin
    }
}

impl FromRequestParts<Arc<Admin>> for Newcomer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
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
        let now = admin.app.clock.now();
        let found = sessions::find(&admin.app.store.platform(), TokenKind::Access, token.hash().0, now).await;
        let session = found
            .map_err(|error| Problem::internal("Looking up the token", &error))?
            .ok_or_else(needed)?;
        Caller::new(Arc::clone(admin), session, address(parts)).map(Self)
    }
}

impl FromRequestParts<Arc<Admin>> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        Newcomer::from_request_parts(parts, admin).await?.0.grown()
    }
}

impl FromRequestParts<Arc<Admin>> for Tenant {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, admin).await?;
        let named = named_org(parts)?;
        caller.tenant(named).await
    }
}

/// The address a request came from; unknown where the server did not say.
pub fn address(parts: &Parts) -> IpAddr {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(from)| {
        from.ip().to_canonical()
    })
}

/// Header and query are each checked; where both are given they must agree.
fn named_org(parts: &Parts) -> Answer<Option<OrgId>> {
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
