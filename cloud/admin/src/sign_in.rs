//! Signing in: what is checked, in which order, and what it costs to be wrong.
//!
//! Whether a login exists cannot be told from outside: an unknown login, a wrong password and a locked account get the
//! same answer after the same work. What was typed as the login of nobody is never written down; it may be a password.

use crate::{
    AdminContext, AdminError, AdminErrorKind, AdminResult,
    caller::Caller,
    entropy::random_id,
    password::{PasswordCheck, PasswordError},
    token::{Token, TokenError},
    totp::MfaSecret,
};
use cloud_store::{
    StoreError,
    accounts::{
        self, Account, AccountSecrets, LoginName, PasswordState,
        locks::{self, LockRules, SignInLock, SignInNetwork},
        sessions::{self, NewSession, NewToken, SessionId, SessionStart, TokenKind},
    },
    audit::{self, AuditActor, AuditEntry, AuditResult},
};
use protocol::Timestamp;
use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

/// How long an access token is good (M49).
pub const ACCESS: Duration = Duration::from_secs(15 * 60);
/// How long a refresh token is good (M50).
pub const REFRESH: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the console's cookie is good.
pub const COOKIE: Duration = Duration::from_secs(12 * 3600);

const FREE_FAILURES: u32 = 5;
/// Failures of an account from wherever, before networks that it never signed in from are locked out.
const FREE_FAILURES_OF_ALL: u32 = 50;
const FIRST_LOCK: Duration = Duration::from_secs(30);
const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);

/// What somebody typed.
#[derive(Clone, Copy)]
pub struct SignInRequest<'a> {
    /// Login.
    pub login: &'a str,
    /// Password.
    pub password: &'a str,
    /// Six-digit code, where one was asked for.
    pub code: Option<&'a str>,
    /// Where from.
    pub ip: IpAddr,
}

impl fmt::Debug for SignInRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInRequest(…)")
    }
}

/// What a sign-in is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInPurpose {
    /// A program: an access and a refresh token.
    Tokens,
    /// The console: a cookie.
    Console,
}

/// A good sign-in.
#[derive(Debug)]
pub struct SignInTokens {
    /// Whose.
    pub account: Account,
    /// In the order of [`kinds`].
    pub tokens: Vec<Token>,
}

/// The tokens that a sign-in gives, and how long each is good.
pub const fn kinds(purpose: SignInPurpose) -> &'static [(TokenKind, Duration)] {
    match purpose {
        SignInPurpose::Tokens => &[(TokenKind::Access, ACCESS), (TokenKind::Refresh, REFRESH)],
        SignInPurpose::Console => &[(TokenKind::Cookie, COOKIE)],
    }
}

/// New tokens and what is stored of them.
pub(crate) fn tokens(purpose: SignInPurpose, now: Timestamp) -> Result<(Vec<Token>, Vec<NewToken>), TokenError> {
    let mut pairs = (Vec::new(), Vec::new());
    for (kind, good_for) in kinds(purpose) {
        let token = Token::random()?;
        pairs.1.push(NewToken {
            kind: *kind,
            hash: token.hash().0,
            expires: now.plus(*good_for),
        });
        pairs.0.push(token);
    }
    Ok(pairs)
}

const RULES: LockRules = LockRules {
    network: lock_after,
    account: account_lock_after,
};

/// How long a network is locked out of an account after so many failures in a row: not at all, then 30 s, doubling up to
/// 15 min.
pub fn lock_after(failures: u32) -> Option<Duration> {
    growing(failures.checked_sub(FREE_FAILURES)?)
}

/// How long every network is from which an account never signed in; whoever has its second factor, from where nobody guessed,
/// gets in all the same.
pub fn account_lock_after(failures: u32) -> Option<Duration> {
    growing(failures.checked_sub(FREE_FAILURES_OF_ALL)?)
}

fn growing(beyond: u32) -> Option<Duration> {
    let factor = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
    Some(FIRST_LOCK.saturating_mul(factor).min(LONGEST_LOCK))
}

/// Whoever holds this token, where it is still good.
pub async fn by_token(
    admin: &Arc<AdminContext>,
    kind: TokenKind,
    token: &Token,
    ip: IpAddr,
) -> AdminResult<Option<Caller>> {
    let found = sessions::find(&admin.store.platform(), kind, token.hash().0, admin.clock.now()).await;
    let session = found.map_err(|error| AdminError::internal("Looking up the token", &error))?;
    session
        .map(|session| Caller::new(Arc::clone(admin), session, ip))
        .transpose()
}

/// Checks the password of somebody who is signed in already; a wrong one counts like a failed sign-in.
pub(crate) async fn confirm(admin: &AdminContext, typed: &SignInRequest<'_>) -> AdminResult<()> {
    let login = typed.login.parse::<LoginName>().map_err(|_| wrong())?;
    let network = SignInNetwork::from(typed.ip);
    let guard = accounts::secrets(&admin.store.platform(), login, network, admin.clock.now())
        .await
        .map_err(failed)?
        .ok_or_else(wrong)?;
    match guard.lock {
        SignInLock::Open => {}
        SignInLock::Network | SignInLock::Account => return Err(wrong()),
    }
    match admin
        .passwords
        .check(typed.password, Some(&guard.password))
        .await
        .map_err(password_refused)?
    {
        PasswordCheck::Right => Ok(()),
        PasswordCheck::Wrong => Err(refuse(admin, typed, &guard, "wrong password").await),
    }
}

/// Signs somebody in, or says no.
pub async fn sign_in(
    admin: &AdminContext,
    typed: &SignInRequest<'_>,
    purpose: SignInPurpose,
) -> AdminResult<SignInTokens> {
    let platform = admin.store.platform();
    let now = admin.clock.now();
    let guard = match typed.login.parse::<LoginName>() {
        Ok(login) => accounts::secrets(&platform, login, typed.ip.into(), now)
            .await
            .map_err(failed)?,
        Err(_) => None,
    };
    let stored = guard.as_ref().map(|guard| &guard.password);
    let verdict = admin
        .passwords
        .check(typed.password, stored)
        .await
        .map_err(password_refused)?;
    let Some(guard) = guard else {
        record(admin, entry(typed, AuditActor::nobody(), now, "no such login")).await?;
        return Err(wrong());
    };
    if let Some(why) = barred(&guard, now) {
        let actor = AuditActor::login(&guard.account.login);
        record(admin, entry(typed, actor, now, why)).await?;
        return Err(wrong());
    }
    let step = match verdict {
        PasswordCheck::Wrong => return Err(refuse(admin, typed, &guard, "wrong password").await),
        PasswordCheck::Right => code_step(admin, typed, &guard, now).await?,
    };
    begin(admin, typed, purpose, guard, step).await
}

/// Why even the right password is not enough.
fn barred(guard: &AccountSecrets, now: Timestamp) -> Option<&'static str> {
    let account = &guard.account;
    let expired = account.password_expires.is_some_and(|expires| expires <= now);
    match (guard.lock, account.password) {
        (SignInLock::Network, _) => Some("this network is locked out of the account"),
        (SignInLock::Account, _) => Some("the account is locked for networks it never signed in from"),
        (SignInLock::Open, _) if account.disabled.is_some() => Some("the account is disabled"),
        (SignInLock::Open, PasswordState::OneTime) if expired => Some("the one-time password has expired"),
        (SignInLock::Open, PasswordState::OneTime | PasswordState::Own) => None,
    }
}

async fn begin(
    admin: &AdminContext,
    typed: &SignInRequest<'_>,
    purpose: SignInPurpose,
    guard: AccountSecrets,
    mfa_step: Option<i64>,
) -> AdminResult<SignInTokens> {
    let AccountSecrets { account, password, .. } = guard;
    let at = admin.clock.now();
    let (tokens, stored) = tokens(purpose, at).map_err(|error| AdminError::internal("Making a token", &error))?;
    let expires = stored.iter().map(|token| token.expires).max().unwrap_or(at);
    let id = SessionId(random_id(at)?);
    let session = NewSession {
        id,
        account: account.id,
        tokens: stored,
        expires,
        network: typed.ip.into(),
        password,
        mfa_step,
        at,
    };
    let mut done = entry(typed, AuditActor::login(&account.login), at, "");
    (done.action, done.result) = ("auth.sign_in".into(), AuditResult::Done);
    match sessions::begin(&admin.store.platform(), session, done)
        .await
        .map_err(failed)?
    {
        SessionStart::Started => Ok(SignInTokens { account, tokens }),
        SessionStart::Overtaken => Err(wrong()),
        SessionStart::Locked => {
            let why = "locked by guesses that came first";
            record(admin, entry(typed, AuditActor::login(&account.login), at, why)).await?;
            Err(wrong())
        }
    }
}

/// The time step of the code, where one is needed.
async fn code_step(
    admin: &AdminContext,
    typed: &SignInRequest<'_>,
    guard: &AccountSecrets,
    now: Timestamp,
) -> AdminResult<Option<i64>> {
    let Some(secret) = &guard.mfa else { return Ok(None) };
    let Some(code) = typed.code.filter(|code| !code.trim().is_empty()) else {
        return Err(AdminError::new(
            AdminErrorKind::MfaNeeded,
            "Send the six-digit code of your authenticator app as well.",
        ));
    };
    let secret =
        MfaSecret::from_base32(secret.expose()).map_err(|error| AdminError::internal("Checking the code", &error))?;
    let step = secret.check(code.trim(), now, Some(guard.mfa_step));
    match step.map_err(|error| AdminError::internal("Checking the code", &error))? {
        Some(step) => Ok(Some(step)),
        None => Err(refuse(admin, typed, guard, "wrong or used code").await),
    }
}

async fn refuse(admin: &AdminContext, typed: &SignInRequest<'_>, guard: &AccountSecrets, why: &str) -> AdminError {
    let now = admin.clock.now();
    let entry = entry(typed, AuditActor::login(&guard.account.login), now, why);
    let platform = admin.store.platform();
    let noted = locks::note_failure(&platform, guard.account.id, typed.ip.into(), RULES, entry);
    match noted.await {
        Ok(()) => wrong(),
        Err(error) => failed(error),
    }
}

fn entry(typed: &SignInRequest<'_>, actor: AuditActor, at: Timestamp, detail: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor,
        action: "auth.failed".into(),
        target: String::new(),
        result: AuditResult::Refused,
        detail: detail.to_owned(),
        ip: typed.ip.to_string().into(),
    }
}

async fn record(admin: &AdminContext, entry: AuditEntry) -> AdminResult<()> {
    audit::record_platform(&admin.store.platform(), entry)
        .await
        .map_err(failed)
}

fn wrong() -> AdminError {
    let detail = "Login, password or code is wrong, or the account cannot be used from here now: too many attempts lock it for a while.";
    AdminError::new(AdminErrorKind::SignInFailed, detail)
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Signing in", error)
}

/// Why a password cannot be taken or checked, as told.
pub(crate) fn password_refused(error: PasswordError) -> AdminError {
    match error {
        PasswordError::Length => AdminError::new(AdminErrorKind::Invalid, format!("A password is refused: {error}.")),
        PasswordError::Busy => AdminError::new(AdminErrorKind::Unavailable, "Too many sign-ins at once. Try again.")
            .retry_after(Duration::from_secs(5)),
        PasswordError::Hash => AdminError::internal("Checking the password", &error),
    }
}
