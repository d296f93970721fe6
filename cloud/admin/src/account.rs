//! One's own account: passwords, the second factor, and the end of a session.
//!
//! No refusal here says more to somebody who guesses than that it did not work.

use crate::{
    AdminContext, AdminError, AdminErrorKind, AdminResult,
    caller::Caller,
    rate::RateLimitKind,
    role::Role,
    sign_in::{self, REFRESH, SignInPurpose, SignInRequest},
    token::Token,
    totp::MfaSecret,
};
use cloud_store::{
    StoreError,
    accounts::{
        self, Account, Mfa,
        sessions::{self, TokenRotation},
    },
    audit::{AuditActor, AuditEntry, AuditResult},
};
use std::net::IpAddr;

/// A session that goes on with new tokens.
#[derive(Debug)]
pub struct RefreshedTokens {
    /// Whose.
    pub account: Account,
    /// In the order of [`sign_in::kinds`].
    pub tokens: Vec<Token>,
}

/// What an account is, as its row says.
pub fn role(account: &Account) -> AdminResult<Role> {
    let role = account.role.0.parse();
    role.map_err(|error| AdminError::internal("Reading the account's role", &error))
}

/// Exchanges a refresh token for new tokens. None: it is not good any more; used twice, it ends the session.
pub async fn refresh(admin: &AdminContext, token: &Token, ip: IpAddr) -> AdminResult<Option<RefreshedTokens>> {
    let now = admin.clock.now();
    let (tokens, stored) =
        sign_in::tokens(SignInPurpose::Tokens, now).map_err(|error| AdminError::internal("Making a token", &error))?;
    let entry = AuditEntry {
        at: now,
        actor: AuditActor::nobody(),
        action: "auth.refresh".into(),
        target: String::new(),
        result: AuditResult::Refused,
        detail: "a refresh token was used twice; the session was ended".to_owned(),
        ip: ip.to_string().into(),
    };
    let platform = admin.store.platform();
    let rotated = sessions::rotate(&platform, token.hash().0, stored, now.plus(REFRESH), entry).await;
    match rotated.map_err(failed)? {
        TokenRotation::Rotated(account) => Ok(Some(RefreshedTokens { account, tokens })),
        TokenRotation::Reused | TokenRotation::Unknown => Ok(None),
    }
}

/// Ends the caller's session.
pub async fn sign_out(caller: &Caller) -> AdminResult<()> {
    let entry = caller.entry("auth.sign_out", "", AuditResult::Done, "");
    sessions::end(&caller.admin.store.platform(), caller.session.id, entry)
        .await
        .map_err(failed)?;
    caller.admin.session_changes.send_replace(());
    Ok(())
}

/// Replaces the caller's password by one of their own. Wrong guesses of the one in force count like failed sign-ins.
pub async fn change_password(caller: &Caller, current: &str, new: &str) -> AdminResult<()> {
    let admin = &caller.admin;
    admin.rates.take(RateLimitKind::SignIn, caller.ip)?;
    if current == new {
        return Err(AdminError::new(
            AdminErrorKind::Invalid,
            "The new password is the old one.",
        ));
    }
    let hash = admin.passwords.hash(new).await.map_err(sign_in::password_refused)?;
    let login = caller.account().login.to_string();
    let typed = SignInRequest {
        login: &login,
        password: current,
        code: None,
        ip: caller.ip,
    };
    sign_in::confirm(admin, &typed).await?;
    let entry = caller.entry("auth.password", &login, AuditResult::Done, "");
    let platform = admin.store.platform();
    accounts::set_password(&platform, caller.account().id, hash, caller.session.id, entry)
        .await
        .map_err(failed)?;
    admin.session_changes.send_replace(());
    Ok(())
}

/// Makes a secret for the caller's authenticator app.
pub async fn begin_mfa(caller: &Caller) -> AdminResult<MfaSecret> {
    if caller.account().mfa == Mfa::On {
        return Err(AdminError::new(
            AdminErrorKind::Conflict,
            "A six-digit code is set up already.",
        ));
    }
    let secret = MfaSecret::random().map_err(|error| AdminError::internal("Making a secret", &error))?;
    let entry = caller.entry("auth.mfa.setup", &caller.account().login, AuditResult::Done, "");
    let platform = caller.admin.store.platform();
    accounts::begin_mfa(&platform, caller.account().id, secret.to_base32().into(), entry)
        .await
        .map_err(failed)?;
    Ok(secret)
}

/// The secret that waits for the code which confirms it, where there is one.
pub async fn pending_mfa(caller: &Caller) -> AdminResult<Option<MfaSecret>> {
    let (login, now) = (caller.account().login.clone(), caller.admin.clock.now());
    let guard = accounts::secrets(&caller.admin.store.platform(), login, caller.ip.into(), now).await;
    let pending = guard.map_err(failed)?.and_then(|guard| guard.mfa_next);
    let secret = pending.map(|text| MfaSecret::from_base32(text.expose())).transpose();
    secret.map_err(|error| AdminError::internal("Checking the code", &error))
}

/// The caller's authenticator app works.
pub async fn confirm_mfa(caller: &Caller, code: &str) -> AdminResult<()> {
    let admin = &caller.admin;
    admin.rates.take(RateLimitKind::SignIn, caller.ip)?;
    let secret = pending_mfa(caller).await?;
    let secret =
        secret.ok_or_else(|| AdminError::new(AdminErrorKind::Conflict, "Begin with setting up a six-digit code."))?;
    let step = secret.check(code.trim(), admin.clock.now(), None);
    let step = step.map_err(|error| AdminError::internal("Checking the code", &error))?;
    let step = step.ok_or_else(|| {
        AdminError::new(
            AdminErrorKind::SignInFailed,
            "That code is not right. Look at the clock of the phone.",
        )
    })?;
    let entry = caller.entry("auth.mfa.verify", &caller.account().login, AuditResult::Done, "");
    accounts::confirm_mfa(&admin.store.platform(), caller.account().id, step, entry)
        .await
        .map_err(failed)
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after the account", error)
}
