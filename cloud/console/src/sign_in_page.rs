//! Signing in and out at the console.

use crate::{
    icon::{Severity, note},
    layout::{bare_page, field},
    session::{PageRefusal, ProvisionalUser, set_cookie},
    state::Console,
    words,
};
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    account,
    rate::RateLimitKind,
    sign_in::{self, SignInPurpose, SignInRequest},
};
use cloud_http::{Kind, Problem, client::address};
use cloud_store::accounts::{Mfa, PasswordState};
use http::{StatusCode, header, request::Parts};
use maud::{Markup, html};
use serde::Deserialize;

/// What somebody typed.
#[derive(Deserialize)]
pub(crate) struct SignInForm {
    login: String,
    password: String,
    #[serde(default)]
    code: String,
}

/// Whether the code field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignInStep {
    Password,
    Code,
}

/// The form.
pub(crate) async fn show(newcomer: Result<ProvisionalUser, PageRefusal>) -> Response {
    match newcomer {
        Ok(_) => Redirect::to("/").into_response(),
        Err(_) => form(SignInStep::Password, "", None).into_response(),
    }
}

/// Signs in and goes to the first page.
pub(crate) async fn submit(
    State(console): State<Console>,
    parts: Parts,
    Form(typed): Form<SignInForm>,
) -> Result<Response, PageRefusal> {
    let ip = address(&parts);
    let code = (!typed.code.is_empty()).then_some(typed.code.as_str());
    let credentials = SignInRequest {
        login: &typed.login,
        password: &typed.password,
        code,
        ip,
    };
    let signed_in = match console.admin.rates.take(RateLimitKind::SignIn, ip) {
        Ok(()) => sign_in::sign_in(&console.admin, &credentials, SignInPurpose::Console).await,
        Err(error) => Err(error),
    };
    let signed_in = match signed_in.map_err(Problem::from) {
        Ok(signed_in) => signed_in,
        Err(problem) if problem.kind() == Kind::MfaNeeded => {
            let page = form(
                SignInStep::Code,
                &typed.login,
                Some((Severity::Busy, words::CODE_NEEDED)),
            );
            return Ok((StatusCode::UNAUTHORIZED, page).into_response());
        }
        Err(problem) => {
            let ask = if code.is_some() {
                SignInStep::Code
            } else {
                SignInStep::Password
            };
            let page = form(ask, &typed.login, Some((Severity::Bad, problem.detail())));
            return Ok((problem.kind().status(), page).into_response());
        }
    };
    let token = signed_in.tokens.first();
    let token = token.ok_or_else(|| Problem::new(Kind::Internal, words::REFUSED_TITLE))?;
    let next = match (signed_in.account.password, signed_in.account.mfa) {
        (PasswordState::OneTime, Mfa::On | Mfa::Off) => "/password",
        (PasswordState::Own, Mfa::On | Mfa::Off) => "/",
    };
    Ok((
        [(header::SET_COOKIE, set_cookie(console.scheme, Some(token))?)],
        Redirect::to(next),
    )
        .into_response())
}

/// Signs out.
pub(crate) async fn leave(
    State(console): State<Console>,
    ProvisionalUser(caller): ProvisionalUser,
) -> Result<Response, PageRefusal> {
    account::sign_out(&caller).await?;
    Ok((
        [(header::SET_COOKIE, set_cookie(console.scheme, None)?)],
        Redirect::to("/login"),
    )
        .into_response())
}

fn form(ask: SignInStep, login: &str, said: Option<(Severity, &str)>) -> Markup {
    let login_input = html! {
        input id="login" name="login" value=(login) autocomplete="username" autocapitalize="none" spellcheck="false"
            required autofocus[login.is_empty()];
    };
    let password_input = html! {
        input id="password" name="password" type="password" autocomplete="current-password" required
            autofocus[!login.is_empty()];
    };
    let code_input = html! {
        input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8" required
            aria-describedby="code-hint";
    };
    let content = html! {
        h1 { (words::SIGN_IN) }
        p { (words::SIGN_IN_LEAD) }
        @if let Some((mood, text)) = said { (note(mood, text)) }
        div.sheet { div.in {
            form method="post" action="/login" {
                (field("login", words::LOGIN, None, &login_input))
                (field("password", words::PASSWORD, None, &password_input))
                @if ask == SignInStep::Code { (field("code", words::CODE, Some(words::CODE_HINT), &code_input)) }
                button.wide { (words::SIGN_IN) }
            }
        } }
        p.hint { (words::FIRST_SIGN_IN) }
    };
    bare_page(words::SIGN_IN, &content)
}
