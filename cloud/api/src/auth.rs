//! `/api/v1/auth`: signing in and out, new token pairs, passwords and the second factor.
//!
//! No answer here says more to somebody who guesses than that it did not work.

use super::{
    Admin,
    caller::{Newcomer, address},
    extract::Body,
    problem::{Answer, Kind, Problem, Refusals},
    rate::Counted,
    role::Role,
    sign_in::{self, ACCESS, Credentials, Purpose, REFRESH},
    token::Token,
    totp::MfaSecret,
};
use crate::admin::caller::Caller;
use axum::{Json, extract::State, http::request::Parts};
use cloud_store::{
    StoreError,
    accounts::{
        self, Account, Mfa, PasswordState,
        sessions::{self, Rotated},
    },
    audit::{Done, Entry},
};
use http::StatusCode;
use protocol::OrgId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct SignIn {
    /// Login; case does not matter.
    #[schema(example = "admin", max_length = 256)]
    login: String,
    /// Password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
    /// The six-digit code of an authenticator app, where the account has one.
    #[serde(default)]
    #[schema(max_length = 16)]
    code: Option<String>,
}

/// A pair of tokens. Both are opaque; neither can be had again.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenPair {
    /// Send as `authorization: Bearer …`. Good for 15 minutes.
    access_token: String,
    /// Good once, for 7 days, at `/auth/refresh`. Using it twice ends the session.
    refresh_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds the access token is good for.
    expires_in: u64,
    /// Seconds the refresh token is good for.
    refresh_expires_in: u64,
    /// Whose.
    account: AccountBody,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody {
    /// Id.
    pub id: Uuid,
    /// What it signs in with.
    pub login: String,
    /// Its organisation; none: the platform.
    #[schema(value_type = Option<Uuid>)]
    pub org: Option<OrgId>,
    /// What it is.
    pub role: Role,
    /// It still has a one-time password, and can do nothing but choose another.
    pub must_change_password: bool,
    /// A six-digit code is needed to sign in.
    pub mfa: bool,
    /// When it last signed in, RFC 3339.
    pub last_sign_in: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct Refresh {
    /// As given by the last sign-in or refresh.
    #[schema(max_length = 256)]
    refresh_token: String,
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct NewPassword {
    /// The one in force.
    #[schema(format = Password, max_length = 1024)]
    current: String,
    /// The new one: 12 characters or more.
    #[schema(format = Password, min_length = 12, max_length = 256)]
    new: String,
}

/// A secret for an authenticator app. It counts once a code has confirmed it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MfaSetup {
    /// The secret in base32, to be typed in.
    secret: String,
    /// The same as an address for a QR code.
    otpauth: String,
}

/// A six-digit code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct MfaCode {
    /// As the authenticator app shows it.
    #[schema(example = "123456", max_length = 16)]
    code: String,
}

impl AccountBody {
    /// What others may see of an account.
    pub fn of(account: &Account) -> Answer<Self> {
        let role = account
            .role
            .0
            .parse()
            .map_err(|error| Problem::internal("Reading the account's role", &error))?;
        Ok(Self {
            id: account.id.0,
            login: account.login.to_string(),
            org: account.org,
            role,
            must_change_password: account.password == PasswordState::OneTime,
            mfa: account.mfa == Mfa::On,
            last_sign_in: account.last_sign_in.map(|at| at.to_string()),
        })
    }
}

/// Sign in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = SignIn, security(()),
    responses((status = 200, body = TokenPair), Refusals))]
pub async fn login(
    State(admin): State<Arc<Admin>>,
    parts: Parts,
    Body(typed): Body<SignIn>,
) -> Answer<Json<TokenPair>> {
    let ip = address(&parts);
    admin.rates.take(Counted::SignIn, ip)?;
    let typed = Credentials {
        login: &typed.login,
        password: &typed.password,
        code: typed.code.as_deref(),
        ip,
    };
    let signed_in = sign_in::sign_in(&admin, &typed, Purpose::Rest).await?;
    pair(&signed_in.account, &signed_in.tokens)
}

/// Exchange a refresh token for a new pair.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = Refresh, security(()),
    responses((status = 200, body = TokenPair), Refusals))]
pub async fn refresh(
    State(admin): State<Arc<Admin>>,
    parts: Parts,
    Body(given): Body<Refresh>,
) -> Answer<Json<TokenPair>> {
    let ip = address(&parts);
    let over = || {
        Problem::new(
            Kind::SignInNeeded,
            "This refresh token is not good any more. Sign in again.",
        )
    };
    let token: Token = given.refresh_token.parse().map_err(|_| over())?;
    let now = admin.app.clock.now();
    let (tokens, stored) =
        sign_in::tokens(Purpose::Rest, now).map_err(|error| Problem::internal("Making a token", &error))?;
    let entry = Entry {
        at: now,
        actor: "-".to_owned(),
        action: "auth.refresh".to_owned(),
        target: String::new(),
        done: Done::Refused,
        detail: "a refresh token was used twice; the session was ended".to_owned(),
        ip: ip.to_string(),
    };
    let platform = admin.app.store.platform();
    match sessions::rotate(&platform, token.hash().0, stored, now.plus(REFRESH), entry)
        .await
        .map_err(failed)?
    {
        Rotated::Yes(account) => pair(&account, &tokens),
        Rotated::Reused | Rotated::Unknown => Err(over()),
    }
}

/// Sign out: the session and all its tokens end.
#[utoipa::path(post, path = "/auth/logout", tag = "auth",
    responses((status = 204), Refusals))]
pub async fn logout(Newcomer(caller): Newcomer) -> Answer<StatusCode> {
    sign_out(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who am I?
#[utoipa::path(get, path = "/auth/me", tag = "auth",
    responses((status = 200, body = AccountBody), Refusals))]
pub async fn me(Newcomer(caller): Newcomer) -> Answer<Json<AccountBody>> {
    AccountBody::of(caller.account()).map(Json)
}

/// Choose a password. Every other session of the account ends.
#[utoipa::path(post, path = "/auth/password", tag = "auth", request_body = NewPassword,
    responses((status = 204), Refusals))]
pub async fn password(Newcomer(caller): Newcomer, Body(typed): Body<NewPassword>) -> Answer<StatusCode> {
    change_password(&caller, &typed.current, &typed.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to set up a six-digit code.
#[utoipa::path(post, path = "/auth/mfa/setup", tag = "auth",
    responses((status = 200, body = MfaSetup), Refusals))]
pub async fn mfa_setup(caller: Caller) -> Answer<Json<MfaSetup>> {
    let secret = begin_mfa(&caller).await?;
    let otpauth = secret.otpauth(caller.account().login.as_str());
    Ok(Json(MfaSetup {
        secret: secret.to_base32(),
        otpauth,
    }))
}

/// Confirm the six-digit code: from now on it is needed to sign in.
#[utoipa::path(post, path = "/auth/mfa/verify", tag = "auth", request_body = MfaCode,
    responses((status = 204), Refusals))]
pub async fn mfa_verify(caller: Caller, Body(typed): Body<MfaCode>) -> Answer<StatusCode> {
    confirm_mfa(&caller, &typed.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the caller's session.
pub async fn sign_out(caller: &Caller) -> Answer<()> {
    let entry = caller.entry("auth.sign_out", "", Done::Yes, "");
    sessions::end(&caller.admin.app.store.platform(), caller.session.id, entry)
        .await
        .map_err(failed)
}

/// Replaces the caller's password by one of their own. Wrong guesses of the one in force count like failed sign-ins.
pub async fn change_password(caller: &Caller, current: &str, new: &str) -> Answer<()> {
    let admin = &caller.admin;
    admin.rates.take(Counted::SignIn, caller.ip)?;
    if current == new {
        return Err(Problem::new(Kind::Invalid, "The new password is the old one."));
    }
    let hash = admin.passwords.hash(new).await.map_err(sign_in::password_problem)?;
    let login = caller.account().login.to_string();
    let typed = Credentials {
        login: &login,
        password: current,
        code: None,
        ip: caller.ip,
    };
    sign_in::confirm(admin, &typed).await?;
    let entry = caller.entry("auth.password", &login, Done::Yes, "");
    let platform = admin.app.store.platform();
    accounts::set_password(&platform, caller.account().id, hash, caller.session.id, entry)
        .await
        .map_err(failed)
}

/// Makes a secret for the caller's authenticator app.
pub async fn begin_mfa(caller: &Caller) -> Answer<MfaSecret> {
    if caller.account().mfa == Mfa::On {
        return Err(Problem::new(Kind::Conflict, "A six-digit code is set up already."));
    }
    let secret = MfaSecret::random().map_err(|error| Problem::internal("Making a secret", &error))?;
    let entry = caller.entry("auth.mfa.setup", &caller.account().login, Done::Yes, "");
    let platform = caller.admin.app.store.platform();
    accounts::begin_mfa(&platform, caller.account().id, secret.to_base32(), entry)
        .await
        .map_err(failed)?;
    Ok(secret)
}

/// The caller's authenticator app works.
pub async fn confirm_mfa(caller: &Caller, code: &str) -> Answer<()> {
    let admin = &caller.admin;
    admin.rates.take(Counted::SignIn, caller.ip)?;
    let platform = admin.app.store.platform();
    let guard = accounts::guard(&platform, caller.account().login.clone())
        .await
        .map_err(failed)?;
    let secret = guard.and_then(|guard| guard.mfa_next);
    let secret = secret.ok_or_else(|| Problem::new(Kind::Conflict, "Begin with POST /api/v1/auth/mfa/setup."))?;
    let secret = MfaSecret::from_base32(&secret).map_err(|error| Problem::internal("Checking the code", &error))?;
    let step = secret.check(code.trim(), admin.app.clock.now(), None);
    let step = step.map_err(|error| Problem::internal("Checking the code", &error))?;
    let step = step.ok_or_else(|| {
        Problem::new(
            Kind::SignInFailed,
            "That code is not right. Look at the clock of the phone.",
        )
    })?;
    let entry = caller.entry("auth.mfa.verify", &caller.account().login, Done::Yes, "");
    accounts::confirm_mfa(&platform, caller.account().id, step, entry)
        .await
        .map_err(failed)
}

fn pair(account: &Account, tokens: &[Token]) -> Answer<Json<TokenPair>> {
    let [access, refresh] = tokens else {
        return Err(Problem::internal(
            "Making a token",
            &super::token::TokenError::Randomness,
        ));
    };
    Ok(Json(TokenPair {
        access_token: access.expose(),
        refresh_token: refresh.expose(),
        token_type: "Bearer",
        expires_in: ACCESS.as_secs(),
        refresh_expires_in: REFRESH.as_secs(),
        account: AccountBody::of(account)?,
    }))
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking after the account", error)
}
