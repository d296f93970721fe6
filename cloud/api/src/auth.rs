//! `/api/v1/auth`: signing in and out, new token pairs, passwords and the second factor.
//!
//! No answer here says more to somebody who guesses than that it did not work.

use crate::{
    caller::ProvisionalCaller, extract::JsonBody, refusals::Refusals, result::ApiResult, role::RoleBody, state::Api,
    wire_time::WireTime,
};
use axum::{Json, extract::State, http::request::Parts};
use cloud_admin::{
    AdminErrorKind, account,
    caller::Caller,
    rate::RateLimitKind,
    sign_in::{self, ACCESS, REFRESH, SignInPurpose, SignInRequest},
    token::{Token, TokenError},
};
use cloud_http::{Kind, Problem, client::address};
use cloud_store::accounts::{Account, LoginName, Mfa, PasswordState};
use http::StatusCode;
use protocol::OrgId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
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
pub(crate) struct TokenPair {
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
pub(crate) struct AccountBody {
    /// Id.
    pub(crate) id: Uuid,
    /// What it signs in with.
    #[schema(value_type = String)]
    pub(crate) login: LoginName,
    /// Its organisation; none: the platform.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) org: Option<OrgId>,
    /// What it is.
    pub(crate) role: RoleBody,
    /// It still has a one-time password, and can do nothing but choose another.
    pub(crate) must_change_password: bool,
    /// A six-digit code is needed to sign in.
    pub(crate) mfa: bool,
    /// It may not sign in.
    pub(crate) disabled: bool,
    /// From when on its one-time password is worthless, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) password_expires: Option<WireTime>,
    /// When it last signed in, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_sign_in: Option<WireTime>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub(crate) struct RefreshRequest {
    /// As given by the last sign-in or refresh.
    #[schema(max_length = 256)]
    refresh_token: String,
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The one in force.
    #[schema(format = Password, max_length = 1024)]
    current: String,
    /// The new one: 12 characters or more.
    #[schema(format = Password, min_length = 12, max_length = 256)]
    new: String,
}

/// A secret for an authenticator app. It counts once a code has confirmed it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MfaSetup {
    /// The secret in base32, to be typed in.
    secret: String,
    /// The same as an address for a QR code.
    otpauth: String,
}

/// A six-digit code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MfaCode {
    /// As the authenticator app shows it.
    #[schema(example = "123456", max_length = 16)]
    code: String,
}

impl AccountBody {
    /// What others may see of an account.
    pub(crate) fn of(account: &Account) -> ApiResult<Self> {
        Ok(Self {
            id: account.id.0,
            login: account.login.clone(),
            org: account.org,
            role: account::role(account)?.into(),
            must_change_password: account.password == PasswordState::OneTime,
            mfa: account.mfa == Mfa::On,
            disabled: account.disabled.is_some(),
            password_expires: account.password_expires.map(WireTime::from),
            last_sign_in: account.last_sign_in.map(WireTime::from),
        })
    }
}

/// Sign in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = SignIn, security(()),
    responses((status = 200, body = TokenPair), Refusals))]
pub(crate) async fn login(
    State(api): State<Api>,
    parts: Parts,
    JsonBody(typed): JsonBody<SignIn>,
) -> ApiResult<Json<TokenPair>> {
    let ip = address(&parts);
    api.admin.rates.take(RateLimitKind::SignIn, ip)?;
    let typed = SignInRequest {
        login: &typed.login,
        password: &typed.password,
        code: typed.code.as_deref(),
        ip,
    };
    let signed_in = sign_in::sign_in(&api.admin, &typed, SignInPurpose::Tokens).await?;
    pair(&signed_in.account, &signed_in.tokens)
}

/// Exchange a refresh token for a new pair.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshRequest, security(()),
    responses((status = 200, body = TokenPair), Refusals))]
pub(crate) async fn refresh(
    State(api): State<Api>,
    parts: Parts,
    JsonBody(given): JsonBody<RefreshRequest>,
) -> ApiResult<Json<TokenPair>> {
    let ip = address(&parts);
    let over = || {
        Problem::new(
            Kind::SignInNeeded,
            "This refresh token is not good any more. Sign in again.",
        )
    };
    let token: Token = given.refresh_token.parse().map_err(|_| over())?;
    let refreshed = account::refresh(&api.admin, &token, ip).await?.ok_or_else(over)?;
    pair(&refreshed.account, &refreshed.tokens)
}

/// Sign out: the session and all its tokens end.
#[utoipa::path(post, path = "/auth/logout", tag = "auth",
    responses((status = 204), Refusals))]
pub(crate) async fn logout(ProvisionalCaller(caller): ProvisionalCaller) -> ApiResult<StatusCode> {
    account::sign_out(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who am I?
#[utoipa::path(get, path = "/auth/me", tag = "auth",
    responses((status = 200, body = AccountBody), Refusals))]
pub(crate) async fn me(ProvisionalCaller(caller): ProvisionalCaller) -> ApiResult<Json<AccountBody>> {
    AccountBody::of(caller.account()).map(Json)
}

/// Choose a password. Every other session of the account ends.
#[utoipa::path(post, path = "/auth/password", tag = "auth", request_body = NewPassword,
    responses((status = 204), Refusals))]
pub(crate) async fn password(
    ProvisionalCaller(caller): ProvisionalCaller,
    JsonBody(typed): JsonBody<NewPassword>,
) -> ApiResult<StatusCode> {
    account::change_password(&caller, &typed.current, &typed.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to set up a six-digit code.
#[utoipa::path(post, path = "/auth/mfa/setup", tag = "auth",
    responses((status = 200, body = MfaSetup), Refusals))]
pub(crate) async fn mfa_setup(caller: Caller) -> ApiResult<Json<MfaSetup>> {
    let secret = account::begin_mfa(&caller).await?;
    let otpauth = secret.otpauth(caller.account().login.as_str());
    Ok(Json(MfaSetup {
        secret: secret.to_base32(),
        otpauth,
    }))
}

/// Confirm the six-digit code: from now on it is needed to sign in.
#[utoipa::path(post, path = "/auth/mfa/verify", tag = "auth", request_body = MfaCode,
    responses((status = 204), Refusals))]
pub(crate) async fn mfa_verify(caller: Caller, JsonBody(typed): JsonBody<MfaCode>) -> ApiResult<StatusCode> {
    let confirmed = account::confirm_mfa(&caller, &typed.code).await;
    let begin = "Begin with POST /api/v1/auth/mfa/setup.";
    confirmed.map_err(|error| error.or_if(AdminErrorKind::Conflict, AdminErrorKind::Conflict, begin))?;
    Ok(StatusCode::NO_CONTENT)
}

fn pair(account: &Account, tokens: &[Token]) -> ApiResult<Json<TokenPair>> {
    let [access, refresh] = tokens else {
        return Err(Problem::internal("Making a token", &TokenError::Randomness));
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
