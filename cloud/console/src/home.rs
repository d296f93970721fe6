//! The first page: every site and edge, and at the first use the way to the first of each.

use crate::{
    icon::{Severity, note, state},
    layout::{Tab, Viewer, bare_page, empty, field, page},
    session::{ConsoleUser, OrgUser, PageRefusal, current_org},
    state::Console,
    time_format, words,
};
use axum::{
    Form,
    extract::{Path, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    AdminError, AdminResult,
    caller::{Caller, Tenant},
    edges::{self, EdgeOverview, EdgePresence},
    orgs::{self, CODE_LIFETIME, EnrolmentCode},
    role::Permission,
};
use cloud_store::{
    edges::EdgeState,
    orgs::{Org, SiteRecord},
};
use http::header;
use maud::{Markup, html};
use protocol::{OrgId, SiteId, Timestamp};
use serde::Deserialize;

/// Where this page's events come from.
const LIVE: &str = "/live?view=home";

/// A name typed in.
#[derive(Debug, Deserialize)]
pub(crate) struct NameForm {
    name: String,
}

/// An organisation picked.
#[derive(Debug, Deserialize)]
pub(crate) struct OrgForm {
    org: OrgId,
}

/// The page.
pub(crate) async fn show(ConsoleUser(caller): ConsoleUser) -> Result<Response, PageRefusal> {
    let Some(org) = current_org(&caller).await? else {
        let content = html! { section.sheet { (no_org()) } };
        return Ok(page(Viewer::of(&caller, Tab::Home), words::HOME, None, &content).into_response());
    };
    let all = orgs::visible(&caller).await?;
    let platform = caller.role.may(Permission::ManageOrgs);
    let tenant = caller.tenant(Some(org.id)).await?;
    let content = html! {
        div.head {
            div { h1 { (org.name) } p { (words::HOME_LEAD) } }
            @if platform { (picker(&all, org.id)) }
        }
        (storage_note(&tenant).await?)
        (fleet(&tenant).await?)
        @if tenant.caller.role.may(Permission::ManageSites) { (another_site(&tenant).await?) }
    };
    let viewer = Viewer::of(&tenant.caller, Tab::Home);
    Ok(page(viewer, words::HOME, Some(LIVE), &content).into_response())
}

/// How full the organisation's share of the disk is, once that matters to somebody.
async fn storage_note(tenant: &Tenant) -> AdminResult<Markup> {
    let usage = orgs::usage(tenant).await?;
    let percent = usage.percent();
    let (used, quota) = (usage.used >> 20, usage.quota >> 20);
    Ok(html! {
        @if percent >= 100 {
            (note(Severity::Bad, &words::storage_full(used, quota)))
        } @else if percent >= 80 {
            (note(Severity::Warn, &words::storage_nearly_full(used, quota)))
        }
    })
}

/// Makes an organisation and looks at it.
pub(crate) async fn make_org(
    ConsoleUser(caller): ConsoleUser,
    Form(typed): Form<NameForm>,
) -> Result<Redirect, PageRefusal> {
    let org = orgs::create(&caller, typed.name.trim()).await?;
    look_at(&caller, org.id).await
}

/// Looks at another organisation.
pub(crate) async fn choose_org(
    ConsoleUser(caller): ConsoleUser,
    Form(picked): Form<OrgForm>,
) -> Result<Redirect, PageRefusal> {
    let visible = orgs::visible(&caller).await?;
    visible
        .iter()
        .find(|org| org.id == picked.org)
        .ok_or_else(|| AdminError::not_found("organisation"))?;
    look_at(&caller, picked.org).await
}

/// Makes a site.
pub(crate) async fn make_site(member: OrgUser, Form(typed): Form<NameForm>) -> Result<Redirect, PageRefusal> {
    orgs::create_site(&member.tenant, typed.name.trim()).await?;
    Ok(Redirect::to("/"))
}

/// Makes an enrolment code and shows it, once.
pub(crate) async fn make_code(
    State(console): State<Console>,
    member: OrgUser,
    Path(site): Path<String>,
    parts: Parts,
    Form(typed): Form<NameForm>,
) -> Result<Markup, PageRefusal> {
    let site: SiteId = site.parse().map_err(|_| AdminError::not_found("site"))?;
    let code = orgs::create_code(&member.tenant, site, typed.name.trim(), CODE_LIFETIME).await?;
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let address = match &console.public_url {
        Some(url) => url.to_string(),
        None => format!("{}://{}", console.scheme.as_str(), host.unwrap_or_default()),
    };
    Ok(code_page(&code, &address))
}

/// The sites with their edges; `id="fleet"`, so that it can be replaced while somebody looks.
pub(crate) async fn fleet(tenant: &Tenant) -> AdminResult<Markup> {
    let sites = orgs::sites(tenant).await?;
    let edges = edges::list(tenant).await?;
    let now = tenant.admin().clock.now();
    let may_enrol = tenant.caller.role.may(Permission::EnrolEdges);
    Ok(html! {
        div id="fleet" {
            (quarantine_sheet(tenant, &edges))
            @for site in &sites { (site_sheet(site, &edges, now, may_enrol)) }
        }
    })
}

/// What one click undoes where many edges are quarantined at once; nothing where none is.
fn quarantine_sheet(tenant: &Tenant, edges: &[EdgeOverview]) -> Markup {
    let in_quarantine = |seen: &&EdgeOverview| seen.edge.state == EdgeState::Quarantined;
    let count = edges.iter().filter(in_quarantine).count();
    html! {
        @if count > 0 {
            (note(Severity::Bad, &words::quarantined_figure(count)))
            @if tenant.caller.role.may(Permission::ManageEdges) {
                details.ask {
                    summary.small { (words::RELEASE_ALL) }
                    div.question {
                        p { (words::RELEASE_ALL_ASK) }
                        form method="post" action="/edges/release" { button.act { (words::RELEASE_ALL_DO) } }
                    }
                }
            }
        }
    }
}

/// Releases every quarantined edge of the organisation.
pub(crate) async fn release_all(member: OrgUser) -> Result<Redirect, PageRefusal> {
    edges::release_all(&member.tenant).await?;
    Ok(Redirect::to("/"))
}

fn site_sheet(site: &SiteRecord, edges: &[EdgeOverview], now: Timestamp, may_enrol: bool) -> Markup {
    let here: Vec<&EdgeOverview> = edges.iter().filter(|seen| seen.edge.site == site.id).collect();
    html! {
        section.sheet {
            header {
                h2 { (site.name) }
                @if may_enrol && !here.is_empty() {
                    details.ask {
                        summary.small.plain { (words::ANOTHER_EDGE) }
                        div.question { (code_form(site)) }
                    }
                }
            }
            @if here.is_empty() {
                (empty(words::NO_EDGE_TITLE, words::NO_EDGE, &html! { @if may_enrol { (code_form(site)) } }))
            } @else {
                table {
                    thead { tr {
                        th { (words::EDGE) } th { (words::STATE) } th { (words::LAST_HEARD) }
                        th.figure { (words::WAITING) } th { (words::DEVICES) }
                    } }
                    tbody { @for seen in here { (edge_row(seen, now)) } }
                }
            }
        }
    }
}

fn edge_row(seen: &EdgeOverview, now: Timestamp) -> Markup {
    let heartbeat = seen.heartbeat.as_ref();
    html! {
        tr {
            td data-label=(words::EDGE) { a href={ "/edges/" (seen.edge.id) } { (seen.edge.name) } }
            td data-label=(words::STATE) { (edge_state(seen)) }
            td data-label=(words::LAST_HEARD) { (last_heard(seen, now)) }
            td.figure data-label=(words::WAITING) {
                @match heartbeat { Some(told) => (told.journal_depth), None => (words::UNKNOWN) }
            }
            td data-label=(words::DEVICES) {
                @match heartbeat {
                    Some(told) if told.devices_bad > 0 => {
                        (state(Severity::Bad, &words::devices_figure(told.devices_ok, told.devices_bad)))
                    }
                    Some(told) => (state(Severity::Good, &words::devices_figure(told.devices_ok, told.devices_bad))),
                    None => (words::UNKNOWN),
                }
            }
        }
    }
}

/// An edge's state as colour, icon and word.
pub(crate) fn edge_state(seen: &EdgeOverview) -> Markup {
    match (seen.edge.state, seen.presence) {
        (EdgeState::Quarantined, _) => state(Severity::Bad, words::QUARANTINED),
        (EdgeState::Revoked, _) => state(Severity::Quiet, words::REVOKED),
        (EdgeState::Released, _) => state(Severity::Quiet, words::RELEASED),
        (EdgeState::Active, EdgePresence::Online) => state(Severity::Good, words::ONLINE),
        (EdgeState::Active, EdgePresence::Offline) => state(Severity::Bad, words::OFFLINE),
        (EdgeState::Active, EdgePresence::Never) => state(Severity::Quiet, words::NEVER),
    }
}

/// How long ago an edge was heard.
pub(crate) fn last_heard(seen: &EdgeOverview, now: Timestamp) -> Markup {
    html! {
        @match seen.seen {
            Some(at) => { time datetime=(at) title=(time_format::clock_text(at)) { (words::ago(&time_format::coarse(now.since(at)))) } }
            None => (words::UNKNOWN),
        }
    }
}

async fn look_at(caller: &Caller, org: OrgId) -> Result<Redirect, PageRefusal> {
    caller.choose(org).await?;
    Ok(Redirect::to("/"))
}

async fn another_site(tenant: &Tenant) -> AdminResult<Markup> {
    let first = orgs::sites(tenant).await?.is_empty();
    Ok(html! {
        section.sheet {
            @if first {
                (empty(words::NO_SITE_TITLE, words::NO_SITE, &name_form("/sites", words::MAKE_SITE)))
            } @else {
                header { h2 { (words::ANOTHER_SITE) } }
                div.in { (name_form("/sites", words::MAKE_SITE)) }
            }
        }
    })
}

fn no_org() -> Markup {
    empty(words::NO_ORG_TITLE, words::NO_ORG, &name_form("/orgs", words::MAKE_ORG))
}

fn name_form(action: &str, button: &str) -> Markup {
    let input = html! { input id="name" name="name" maxlength="100" required autocomplete="off"; };
    html! {
        form.line method="post" action=(action) {
            (field("name", words::NAME, None, &input))
            button { (button) }
        }
    }
}

fn code_form(site: &SiteRecord) -> Markup {
    let id = format!("edge-{}", site.id);
    html! {
        form.line method="post" action={ "/sites/" (site.id) "/enrolment-codes" } {
            div.field {
                label for=(id) { (words::EDGE_NAME) }
                input id=(id) name="name" maxlength="100" required autocomplete="off"
                    placeholder=(words::EDGE_NAME_EXAMPLE);
            }
            button { (words::MAKE_CODE) }
        }
    }
}

fn picker(all: &[Org], current: OrgId) -> Markup {
    html! {
        div.line {
            @if all.len() > 1 {
                form.line method="post" action="/orgs/choose" {
                    div.field {
                        label for="org" { (words::ORG) }
                        select id="org" name="org" {
                            @for org in all { option value=(org.id) selected[org.id == current] { (org.name) } }
                        }
                    }
                    button.plain { (words::CHOOSE) }
                }
            }
        }
    }
}

fn code_page(code: &EnrolmentCode, address: &str) -> Markup {
    let until = time_format::clock_text(code.expires);
    let content = html! {
        h1 { (words::CODE_TITLE) }
        p { (code.name) ". " (words::CODE_LEAD) }
        div.sheet { div.in {
            code.secret id="enrolment-code" { (code.code) }
            ol.steps {
                li { (words::CODE_STEP_BOX) br; code { "[cloud] url = \"" (address) "\"" } }
                li { (words::CODE_STEP_COMMAND) br; code { "ostona-edge enrol " (code.code) } }
                li { (words::CODE_STEP_WAIT) }
            }
            p.hint { (words::CODE_UNTIL) " " (until) "." }
        } }
        a.button href="/" { (words::BACK_HOME) }
    };
    bare_page(words::CODE_TITLE, &content)
}
