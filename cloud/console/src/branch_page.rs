//! A branch's queue as the cloud describes it: published here, with what is deployed beside it.
//!
//! What does not hold together is not published; what was typed is not lost.

use crate::{
    icon::{self, Severity},
    layout::{Tab, Viewer, field, page},
    session::{OrgUser, PageRefusal},
    time_format, words,
};
use axum::{
    Form,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    AdminError, AdminResult,
    caller::Tenant,
    documents::{self, DocumentContent, EffectTiming, ExpectedVersion},
    edges,
    role::Permission,
};
use cloud_http::{Kind, Problem};
use cloud_store::documents::TrackedDocument;
use maud::{Markup, html};
use protocol::{DocumentId, EdgeId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a new branch may begin with.
const EXAMPLE: &str = include_str!("../assets/branch.json");
/// The document this page is about.
const BRANCH: &str = "queue/branch";

/// What somebody publishes.
#[derive(Debug, Deserialize)]
pub(crate) struct BranchDocumentForm {
    body: String,
    /// The version that was looked at; empty: there was none.
    #[serde(default)]
    version: String,
}

/// The page.
pub(crate) async fn show(member: OrgUser, Path(edge): Path<String>) -> Result<Markup, PageRefusal> {
    let tenant = &member.tenant;
    let edge = edges::known(tenant, parsed(&edge)?).await?;
    let found = latest(tenant, edge.id).await?;
    let text = match &found {
        Some(found) => pretty(&found.document.body),
        None => EXAMPLE.to_owned(),
    };
    Ok(shown(&member, (edge.id, &edge.name), found.as_ref(), &text, None))
}

/// Publishes a version.
pub(crate) async fn publish(
    member: OrgUser,
    Path(edge): Path<String>,
    Form(typed): Form<BranchDocumentForm>,
) -> Result<Response, PageRefusal> {
    let tenant = &member.tenant;
    let edge = edges::known(tenant, parsed(&edge)?).await?;
    let problem = match serde_json::from_str::<Map<String, Value>>(&typed.body) {
        Err(error) => Problem::new(
            Kind::Invalid,
            format!(
                "This is not a JSON object: line {}, column {}.",
                error.line(),
                error.column()
            ),
        ),
        Ok(body) => {
            let effect = EffectTiming::AtOnce;
            let change = DocumentContent::Settings { body, effect };
            let published = documents::publish(tenant, edge.id, branch()?, expected(&typed.version), change).await;
            match published {
                Ok(_) => return Ok(Redirect::to(&format!("/edges/{}/queue", edge.id)).into_response()),
                Err(error) => error.into(),
            }
        }
    };
    let found = latest(tenant, edge.id).await?;
    let page = shown(
        &member,
        (edge.id, &edge.name),
        found.as_ref(),
        &typed.body,
        Some(&problem),
    );
    Ok((problem.kind().status(), page).into_response())
}

async fn latest(tenant: &Tenant, edge: EdgeId) -> AdminResult<Option<TrackedDocument>> {
    documents::find(tenant, edge, branch()?).await
}

/// What must still be so: the version that was looked at is the last one, or there is none.
fn expected(version: &str) -> ExpectedVersion {
    version
        .parse()
        .map_or(ExpectedVersion::Absent, ExpectedVersion::Version)
}

fn shown(
    member: &OrgUser,
    (edge, name): (EdgeId, &str),
    found: Option<&TrackedDocument>,
    text: &str,
    problem: Option<&Problem>,
) -> Markup {
    let may = member.tenant.caller.role.may(Permission::ManageDevices);
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } " / " a href={ "/edges/" (edge) } { (name) } }
        div.head { div { h1 { (words::BRANCH_QUEUE) } p { (words::BRANCH_QUEUE_LEAD) } } }
        section.sheet {
            header { h2 { (words::DEPLOYED) } (deployment(found)) }
            div.in {
                @if let Some(problem) = problem { (icon::note(Severity::Bad, problem.detail())) }
                form method="post" action={ "/edges/" (edge) "/queue" } {
                    input type="hidden" name="version" value=(found.map_or(String::new(), |found| found.document.version.to_string()));
                    (field("body", words::BRANCH_BODY, Some(words::BRANCH_BODY_HINT), &html! {
                        textarea.code id="body" name="body" rows="28" spellcheck="false" readonly[!may]
                            aria-describedby="body-hint" { (text) }
                    }))
                    @if may { button { (words::PUBLISH) } }
                }
            }
        }
    };
    page(
        Viewer::of(&member.tenant.caller, Tab::Home),
        words::BRANCH_QUEUE,
        None,
        &content,
    )
}

/// Published and deployed, side by side.
fn deployment(found: Option<&TrackedDocument>) -> Markup {
    let Some(found) = found else {
        return html! { p { (words::NOT_PUBLISHED) } };
    };
    html! {
        p {
            (words::PUBLISHED) " v" (found.document.version) " " (time_format::moment(found.document.published))
            " · " (words::DEPLOYED) " " b { (found.state.as_str()) }
            @if let Some(reason) = &found.reason { ": " (reason) }
        }
    }
}

fn pretty(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap_or_default()
}

fn branch() -> AdminResult<DocumentId> {
    BRANCH.parse().map_err(|_| AdminError::not_found("document"))
}

fn parsed(id: &str) -> AdminResult<EdgeId> {
    id.parse().map_err(|_| AdminError::not_found("edge"))
}
