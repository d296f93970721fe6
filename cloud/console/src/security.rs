//! One's own password and second factor.

use crate::{
    icon::{Severity, note, state},
    layout::{Tab, Viewer, bare_page, field, page},
    session::{ConsoleUser, PageRefusal, ProvisionalUser},
    words,
};
use axum::{
    Form,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{account, caller::Caller, totp::MfaSecret};
use cloud_http::{Kind, Problem};
use cloud_store::accounts::{Mfa, PasswordState};
use maud::{Markup, html};
use serde::Deserialize;

/// A change of password.
#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    current: String,
    new: String,
}

/// A code to confirm.
#[derive(Deserialize)]
pub(crate) struct MfaCodeForm {
    code: String,
}

/// The page on which a one-time password ends.
pub(crate) async fn show_password(ProvisionalUser(caller): ProvisionalUser) -> Response {
    let login = caller.account().login.as_str();
    match caller.account().password {
        PasswordState::OneTime => first_password(login, None).into_response(),
        PasswordState::Own => Redirect::to("/security").into_response(),
    }
}

/// Changes the password.
pub(crate) async fn change_password(
    ProvisionalUser(caller): ProvisionalUser,
    Form(typed): Form<PasswordForm>,
) -> Result<Response, PageRefusal> {
    let first = caller.account().password == PasswordState::OneTime;
    let changed = account::change_password(&caller, &typed.current, &typed.new).await;
    match changed.map_err(Problem::from) {
        Ok(()) if first => Ok(Redirect::to("/").into_response()),
        Ok(()) => Ok(own(&caller, None, Some((Severity::Good, words::PASSWORD_SAVED))).into_response()),
        Err(problem) if problem.kind() == Kind::Internal => Err(problem.into()),
        Err(problem) => {
            let said = Some((Severity::Bad, problem.detail()));
            let page = if first {
                first_password(caller.account().login.as_str(), said)
            } else {
                own(&caller, None, said)
            };
            Ok((problem.kind().status(), page).into_response())
        }
    }
}

/// The page about one's own safety.
pub(crate) async fn show(ConsoleUser(caller): ConsoleUser) -> Markup {
    own(&caller, None, None)
}

/// Begins to set up a six-digit code.
pub(crate) async fn begin_mfa(ConsoleUser(caller): ConsoleUser) -> Result<Markup, PageRefusal> {
    let secret = account::begin_mfa(&caller).await?;
    Ok(own(&caller, Some(&secret), None))
}

/// Confirms the six-digit code.
pub(crate) async fn confirm_mfa(
    ConsoleUser(caller): ConsoleUser,
    Form(typed): Form<MfaCodeForm>,
) -> Result<Response, PageRefusal> {
    let confirmed = account::confirm_mfa(&caller, &typed.code).await;
    match confirmed.map_err(Problem::from) {
        Ok(()) => Ok(Redirect::to("/security").into_response()),
        Err(problem) if problem.kind() == Kind::SignInFailed => {
            let secret = account::pending_mfa(&caller).await?;
            let page = own(&caller, secret.as_ref(), Some((Severity::Bad, problem.detail())));
            Ok((problem.kind().status(), page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn first_password(login: &str, said: Option<(Severity, &str)>) -> Markup {
    let content = html! {
        h1 { (words::CHOOSE_PASSWORD) }
        p { (words::CHOOSE_PASSWORD_LEAD) }
        @if let Some((mood, text)) = said { (note(mood, text)) }
        div.sheet { div.in { (password_form(login)) } }
    };
    bare_page(words::CHOOSE_PASSWORD, &content)
}

fn password_form(login: &str) -> Markup {
    let current = html! {
        input id="current" name="current" type="password" autocomplete="current-password" required;
    };
    let new = html! {
        input id="new" name="new" type="password" autocomplete="new-password" minlength="12" maxlength="256" required
            aria-describedby="new-hint";
    };
    html! {
        form method="post" action="/password" {
            // For password managers: whose password it is.
            input type="text" name="username" value=(login) autocomplete="username" hidden;
            (field("current", words::CURRENT_PASSWORD, None, &current))
            (field("new", words::NEW_PASSWORD, Some(words::NEW_PASSWORD_HINT), &new))
            button { (words::SAVE) }
        }
    }
}

fn own(caller: &Caller, secret: Option<&MfaSecret>, said: Option<(Severity, &str)>) -> Markup {
    let account = caller.account();
    let (mood, word) = match account.mfa {
        Mfa::On => (Severity::Good, words::MFA_ON),
        Mfa::Off => (Severity::Warn, words::MFA_OFF),
    };
    let content = html! {
        h1 { (words::SECURITY) }
        p { (account.login) }
        @if let Some((mood, text)) = said { (note(mood, text)) }
        section.sheet {
            header { h2 { (words::MFA) } (state(mood, word)) }
            div.in { (mfa(account.mfa, secret)) }
        }
        section.sheet {
            header { h2 { (words::CHANGE_PASSWORD) } }
            div.in { (password_form(account.login.as_str())) }
        }
    };
    page(Viewer::of(caller, Tab::Security), words::SECURITY, None, &content)
}

fn mfa(mfa: Mfa, secret: Option<&MfaSecret>) -> Markup {
    let input = html! {
        input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8" required autofocus;
    };
    html! {
        @match (mfa, secret) {
            (Mfa::On, _) => { p { (words::MFA_ASKED) } }
            (Mfa::Off, None) => {
                p { (words::MFA_WHY) }
                form method="post" action="/security/mfa" { button { (words::MFA_BEGIN) } }
            }
            (Mfa::Off, Some(secret)) => {
                p { (words::MFA_STEP_SECRET) }
                code.secret { (secret.to_base32()) }
                p { (words::MFA_STEP_CODE) }
                form method="post" action="/security/mfa/confirm" {
                    (field("code", words::CODE, None, &input))
                    button { (words::MFA_CONFIRM) }
                }
            }
        }
    }
}
