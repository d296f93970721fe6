//! Who calls, from where, and on behalf of which organisation: everything a use case may act for.
//!
//! A [`Tenant`] is the only way to a [`OrgStore`]: it cannot exist without a good token, a password of the
//! account's own and an organisation the account may see.

use crate::{
    AdminContext, AdminError, AdminErrorKind, AdminResult,
    role::{Permission, Role},
};
use cloud_store::{
    OrgStore,
    accounts::{
        Account, PasswordState,
        sessions::{self, AccountSession},
    },
    audit::{self, AuditActor, AuditEntry, AuditResult},
    orgs,
};
use protocol::{OrgId, text::AuditAction};
use std::{net::IpAddr, sync::Arc};

/// Somebody with a good token.
#[derive(Debug)]
pub struct Caller {
    /// What the call works with.
    pub admin: Arc<AdminContext>,
    /// The session the token stands for.
    pub session: AccountSession,
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
    pub scope: OrgStore,
}

impl Caller {
    /// Makes a caller of a session.
    pub fn new(admin: Arc<AdminContext>, session: AccountSession, ip: IpAddr) -> AdminResult<Self> {
        let role = session.account.role.0.parse();
        let role = role.map_err(|error| AdminError::internal("Reading the account's role", &error))?;
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
        action: impl Into<AuditAction>,
        target: &(impl std::fmt::Display + ?Sized),
        done: AuditResult,
        detail: impl Into<String>,
    ) -> AuditEntry {
        AuditEntry {
            at: self.admin.clock.now(),
            actor: AuditActor::login(&self.account().login),
            action: action.into(),
            target: target.to_string(),
            result: done,
            detail: detail.into(),
            ip: self.ip.to_string().into(),
        }
    }

    /// Passes whoever chose the password themselves.
    pub fn with_own_password(self) -> AdminResult<Self> {
        match self.account().password {
            PasswordState::Own => Ok(self),
            PasswordState::OneTime => Err(AdminError::new(
                AdminErrorKind::PasswordChangeNeeded,
                "This password was made by somebody else. Choose your own.",
            )),
        }
    }

    /// Passes a role that may do this on the platform; a refusal is remembered.
    pub async fn need(&self, permission: Permission) -> AdminResult<()> {
        if self.role.may(permission) {
            return Ok(());
        }
        let entry = self.entry(
            permission.as_str(),
            "",
            AuditResult::Refused,
            format!("role {}", self.role),
        );
        let recorded = match self.account().org {
            Some(org) => audit::record(&self.admin.store.scope(org), entry).await,
            None => audit::record_platform(&self.admin.store.platform(), entry).await,
        };
        recorded.map_err(|error| AdminError::internal("Recording a refusal", &error))?;
        Err(AdminError::new(
            AdminErrorKind::Forbidden,
            format!("The role {} does not include {}.", self.role, permission.as_str()),
        ))
    }

    /// The things of the organisation this account belongs to, or of the one a platform account names.
    pub async fn tenant(self, named: Option<OrgId>) -> AdminResult<Tenant> {
        let org = match (self.account().org, named) {
            (Some(own), None) => own,
            (Some(own), Some(named)) if own == named => own,
            (Some(_), Some(_)) => return Err(AdminError::not_found("organisation")),
            (None, None) => {
                let detail = "Say which organisation you mean.";
                return Err(AdminError::new(AdminErrorKind::BadArgument, detail));
            }
            (None, Some(named)) => named,
        };
        let known = orgs::get(&self.admin.store.platform(), org).await;
        known
            .map_err(|error| AdminError::internal("Looking up the organisation", &error))?
            .ok_or_else(|| AdminError::not_found("organisation"))?;
        let scope = self.admin.store.scope(org);
        Ok(Tenant { caller: self, scope })
    }
}

impl Caller {
    /// Remembers which organisation this account looks at.
    pub async fn choose(&self, org: OrgId) -> AdminResult<()> {
        let chosen = sessions::choose_org(&self.admin.store.platform(), self.session.id, org).await;
        chosen.map_err(|error| AdminError::internal("Remembering the organisation", &error))
    }
}

impl Tenant {
    /// Passes a role that may do this; a refusal is remembered in the organisation's audit.
    pub async fn need(&self, permission: Permission) -> AdminResult<()> {
        self.caller.need(permission).await
    }

    /// Remembers something that was done or refused in the organisation's audit.
    pub async fn record(
        &self,
        action: impl Into<AuditAction>,
        target: &(impl std::fmt::Display + ?Sized),
        done: AuditResult,
        detail: impl Into<String>,
    ) -> AdminResult<()> {
        let entry = self.caller.entry(action, &target, done, detail);
        audit::record(&self.scope, entry)
            .await
            .map_err(|error| AdminError::internal("Recording what was done", &error))
    }

    /// The wiring.
    pub fn admin(&self) -> &Arc<AdminContext> {
        &self.caller.admin
    }
}
