//! Who may sign in: an organisation's people, and for those who run it the platform's; what somebody who answers for them may
//! change.
//!
//! A one-time password is on the answer to the form that made it, and nowhere else. What cannot be undone is asked twice.

use crate::{
    icon::{Severity, note, state},
    layout::{Tab, Viewer, bare_page, field, page},
    session::{OrgUser, PageRefusal},
    time_format, words,
};
use axum::{
    Form,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    AdminError, AdminErrorKind, AdminResult,
    accounts::{self, AccountRealm},
    role::{Permission, Role, UnknownRole},
};
use cloud_http::Problem;
use cloud_store::accounts::{Account, AccountId, Mfa, PasswordState, RoleName};
use maud::{Markup, html};
use protocol::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// Somebody to be added.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonForm {
    login: String,
    #[serde(default)]
    role: String,
}

/// What somebody is to be.
#[derive(Debug, Deserialize)]
pub(crate) struct RoleForm {
    role: String,
}

/// Whose people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeopleOf {
    /// The organisation's.
    Org,
    /// The platform's.
    Platform,
}

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PersonChange {
    Disable,
    Enable,
    Delete,
    ResetPassword,
    ResetMfa,
    EndSessions,
}

impl PeopleOf {
    const fn as_str(self) -> &'static str {
        match self {
            PeopleOf::Org => "org",
            PeopleOf::Platform => "platform",
        }
    }
    fn realm(self, member: &OrgUser) -> AccountRealm<'_> {
        match self {
            PeopleOf::Org => AccountRealm::Org(&member.tenant),
            PeopleOf::Platform => AccountRealm::Platform(&member.tenant.caller),
        }
    }
}

/// The page.
pub(crate) async fn show(member: OrgUser) -> Result<Markup, PageRefusal> {
    Ok(people(&member, None).await?)
}

/// Adds somebody, and shows their one-time password.
pub(crate) async fn add(
    member: OrgUser,
    Path(of): Path<PeopleOf>,
    Form(typed): Form<PersonForm>,
) -> Result<Response, PageRefusal> {
    let role = match of {
        PeopleOf::Org => parsed(&typed.role)?,
        PeopleOf::Platform => Role::PlatformAdmin,
    };
    match accounts::create(of.realm(&member), typed.login.trim(), role).await {
        Ok(made) => Ok(password_page(
            made.login.as_str(),
            made.one_time_password.expose(),
            made.expires,
        )),
        Err(error) => refused(&member, error).await,
    }
}

/// Makes somebody something else.
pub(crate) async fn change_role(
    member: OrgUser,
    Path(id): Path<Uuid>,
    Form(typed): Form<RoleForm>,
) -> Result<Response, PageRefusal> {
    let role = parsed(&typed.role)?;
    let changed = accounts::change_role(PeopleOf::Org.realm(&member), AccountId(id), role).await;
    settled(&member, changed).await
}

/// Changes an account, or ends it.
pub(crate) async fn change(
    member: OrgUser,
    Path((of, id, change)): Path<(PeopleOf, Uuid, PersonChange)>,
) -> Result<Response, PageRefusal> {
    let (realm, id) = (of.realm(&member), AccountId(id));
    let changed = match change {
        PersonChange::Disable => accounts::disable(realm, id).await,
        PersonChange::Enable => accounts::enable(realm, id).await,
        PersonChange::Delete => accounts::delete(realm, id).await,
        PersonChange::ResetMfa => accounts::reset_mfa(realm, id).await,
        PersonChange::EndSessions => accounts::end_sessions(realm, id).await,
        PersonChange::ResetPassword => match accounts::reset_password(realm, id).await {
            Ok(reset) => {
                return Ok(password_page(
                    reset.login.as_str(),
                    reset.one_time_password.expose(),
                    reset.expires,
                ));
            }
            Err(error) => Err(error),
        },
    };
    settled(&member, changed).await
}

async fn settled(member: &OrgUser, changed: AdminResult<()>) -> Result<Response, PageRefusal> {
    match changed {
        Ok(()) => Ok(Redirect::to("/people").into_response()),
        Err(error) => refused(member, error).await,
    }
}

/// Says why not, above the list as it is.
async fn refused(member: &OrgUser, error: AdminError) -> Result<Response, PageRefusal> {
    let shown = [
        AdminErrorKind::LastAdministrator,
        AdminErrorKind::Conflict,
        AdminErrorKind::Invalid,
    ];
    if !shown.contains(&error.reason()) {
        return Err(error.into());
    }
    let problem = Problem::from(error);
    let page = people(member, Some(problem.detail())).await?;
    Ok((problem.kind().status(), page).into_response())
}

fn parsed(role: &str) -> AdminResult<Role> {
    role.parse()
        .map_err(|_| AdminError::new(AdminErrorKind::Invalid, words::ROLE_UNKNOWN))
}

async fn people(member: &OrgUser, said: Option<&str>) -> AdminResult<Markup> {
    let caller = &member.tenant.caller;
    let of_org = accounts::list(PeopleOf::Org.realm(member)).await?;
    let of_platform = if caller.role.may(Permission::ManageOrgs) {
        Some(accounts::list(PeopleOf::Platform.realm(member)).await?)
    } else {
        None
    };
    let now = caller.admin.clock.now();
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } }
        div.head { div { h1 { (words::PEOPLE) } p { (words::PEOPLE_LEAD) } } }
        @if let Some(said) = said { (note(Severity::Bad, said)) }
        (sheet(PeopleOf::Org, &member.org.name, &of_org, now))
        @if let Some(all) = &of_platform { (sheet(PeopleOf::Platform, words::PEOPLE_OF_PLATFORM, all, now)) }
    };
    let viewer = Viewer::of(caller, Tab::People);
    Ok(page(viewer, words::PEOPLE, None, &content))
}

fn sheet(of: PeopleOf, title: &str, all: &[Account], now: Timestamp) -> Markup {
    html! {
        section.sheet {
            header { h2 { (title) } }
            @if !all.is_empty() {
                table {
                    thead { tr {
                        th { (words::LOGIN) } th { (words::ROLE) } th { (words::STATE) } th { (words::LAST_SIGN_IN) }
                        th { (words::CHANGES) }
                    } }
                    tbody { @for account in all { (row(of, account, now)) } }
                }
            }
            div.in { (add_form(of)) }
        }
    }
}

fn row(of: PeopleOf, account: &Account, now: Timestamp) -> Markup {
    html! {
        tr {
            td data-label=(words::LOGIN) { (account.login) }
            td data-label=(words::ROLE) { (role_name(&account.role)) }
            td data-label=(words::STATE) { (account_state(account, now)) }
            td data-label=(words::LAST_SIGN_IN) {
                @match account.last_sign_in {
                    Some(at) => { time datetime=(at) title=(time_format::clock_text(at)) { (words::ago(&time_format::coarse(now.since(at)))) } }
                    None => (words::UNKNOWN),
                }
            }
            td data-label=(words::CHANGES) { (changes(of, account)) }
        }
    }
}

/// In words; a role of a build that this one does not know, as it is stored.
fn role_name(role: &RoleName) -> &str {
    match role.0.parse() {
        Ok(role) => words::role(role),
        Err(UnknownRole) => &role.0,
    }
}

fn account_state(account: &Account, now: Timestamp) -> Markup {
    let expired = account.password_expires.is_some_and(|expires| expires <= now);
    match (account.disabled, account.password, account.mfa) {
        (Some(_), _, _) => state(Severity::Quiet, words::ACCOUNT_DISABLED),
        (None, PasswordState::OneTime, _) if expired => state(Severity::Bad, words::ACCOUNT_EXPIRED),
        (None, PasswordState::OneTime, _) => state(Severity::Warn, words::ACCOUNT_ONE_TIME),
        (None, PasswordState::Own, Mfa::Off) => state(Severity::Warn, words::ACCOUNT_NO_MFA),
        (None, PasswordState::Own, Mfa::On) => state(Severity::Good, words::ACCOUNT_GOOD),
    }
}

fn changes(of: PeopleOf, account: &Account) -> Markup {
    let login = account.login.as_str();
    let ask = |change: &str, name: &str, question: &str| {
        let action = format!("/people/{}/{}/{change}", of.as_str(), account.id.0);
        html! {
            p { (question) }
            form method="post" action=(action) { button.act aria-label={ (name) ": " (login) } { (name) } }
        }
    };
    html! {
        details.ask {
            summary.small aria-label={ (words::CHANGE) ": " (login) } { (words::CHANGE) }
            div.question {
                @if of == PeopleOf::Org { (role_form(account)) }
                (ask("reset-password", words::RESET_PASSWORD, words::RESET_PASSWORD_ASK))
                @if account.mfa == Mfa::On { (ask("reset-mfa", words::RESET_MFA, words::RESET_MFA_ASK)) }
                (ask("end-sessions", words::END_SESSIONS, words::END_SESSIONS_ASK))
                @match account.disabled {
                    Some(_) => (ask("enable", words::ENABLE, words::ENABLE_ASK)),
                    None => (ask("disable", words::DISABLE, words::DISABLE_ASK)),
                }
                (ask("delete", words::DELETE, words::DELETE_ASK))
            }
        }
    }
}

fn role_form(account: &Account) -> Markup {
    let id = format!("role-{}", account.id.0);
    html! {
        form.line method="post" action={ "/people/" (account.id.0) "/role" } {
            (field(&id, words::ROLE, None, &role_select(&id, &account.role.0)))
            button.act { (words::CHANGE_ROLE) }
        }
    }
}

fn role_select(id: &str, current: &str) -> Markup {
    let offered = Role::ALL.into_iter().filter(|role| *role != Role::PlatformAdmin);
    html! {
        select id=(id) name="role" {
            @for role in offered { option value=(role.as_str()) selected[role.as_str() == current] { (words::role(role)) } }
        }
    }
}

fn add_form(of: PeopleOf) -> Markup {
    let login = format!("login-{}", of.as_str());
    let role = format!("role-{}", of.as_str());
    html! {
        form.line method="post" action={ "/people/" (of.as_str()) } {
            (field(&login, words::NEW_LOGIN, None, &html! {
                input id=(login) name="login" maxlength="64" required autocomplete="off" autocapitalize="none" spellcheck="false";
            }))
            @if of == PeopleOf::Org { (field(&role, words::ROLE, None, &role_select(&role, Role::Viewer.as_str()))) }
            button { (words::ADD_PERSON) }
        }
    }
}

fn password_page(login: &str, password: &str, expires: Timestamp) -> Response {
    let content = html! {
        h1 { (words::ONE_TIME_TITLE) }
        p { (login) ". " (words::ONE_TIME_LEAD) }
        div.sheet { div.in {
            code.secret id="one-time-password" { (password) }
            p.hint { (words::CODE_UNTIL) " " (time_format::clock_text(expires)) "." }
        } }
        a.button href="/people" { (words::BACK_PEOPLE) }
    };
    bare_page(words::ONE_TIME_TITLE, &content).into_response()
}
