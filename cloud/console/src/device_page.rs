//! A device's page: how it is, what happens there, and the button that opens its door.
//!
//! The button asks once and shows target and expiry; a form sent twice opens once.

use super::{
    events_page,
    icon::{Mood, door, note, state},
    layout::{Tab, Viewer, empty, page},
    outcome,
    session::{Member, Turned},
    when, words,
};
use crate::admin::{
    caller::Tenant,
    commands,
    devices::{self, DeviceBody},
    edges::{self, Presence},
    events::EventQuery,
    orgs::entropy,
    problem::{Answer, Problem},
    role::Permission,
    target::DeviceRef,
};
use axum::{
    Form,
    extract::Path,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use cloud_store::commands::{CommandFilter, TrackedCommand};
use maud::{Markup, html};
use protocol::{CommandId, Timestamp, command::Action, fact::Door};
use serde::Deserialize;

const SHOWN_EVENTS: u32 = 20;
/// What a script sends that wants the outcome's line alone.
const FRAGMENT: &str = "text/html-fragment";

/// The button, pressed.
#[derive(Debug, Deserialize)]
pub(super) struct Press {
    once: String,
}

/// The page.
pub(super) async fn show(member: Member, Path(id): Path<String>) -> Result<Markup, Turned> {
    let tenant = &member.tenant;
    let id: DeviceRef = id.parse().map_err(|_| Problem::not_found("device"))?;
    let device = devices::find(tenant, &id).await?;
    let edge = edges::known(tenant, id.edge).await?;
    let login = tenant.caller.account().login.clone();
    let last = last_open(tenant, &id).await?;
    let now = tenant.admin().app.clock.now();
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } " / " a href={ "/edges/" (id.edge) } { (edge.name) } }
        div.head { div { h1 { (id.device) } p { (device.kind.as_deref().unwrap_or(words::DEVICE)) } } }
        div.columns {
            div {
                (panel(tenant, &id).await?)
                @if has_door(&device) { (door_sheet(tenant, &id, &edge.name, last.as_ref(), now)?) }
            }
            @if tenant.caller.role.may(Permission::ReadEvents) { (events(tenant, &id).await?) }
        }
    };
    let live = format!("/live?view=device&device={id}");
    Ok(page(
        Viewer {
            login: login.as_str(),
            tab: Tab::Home,
        },
        id.device.as_str(),
        Some(&live),
        &content,
    ))
}

/// Opens the door.
pub(super) async fn open(
    member: Member,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(press): Form<Press>,
) -> Result<Response, Turned> {
    let tenant = &member.tenant;
    let target: DeviceRef = id.parse().map_err(|_| Problem::not_found("device"))?;
    let action = Action::AccessOpen {
        door: Door(1),
        reason: None,
    };
    let asked = commands::ask(tenant, &target, action, Some(format!("console-{}", press.once))).await;
    if headers.get(header::ACCEPT).is_none_or(|accept| accept != FRAGMENT) {
        asked?;
        return Ok(Redirect::to(&format!("/devices/{target}")).into_response());
    }
    match asked {
        Ok(command) => {
            let tracked = commands::find(tenant, command).await?;
            let line = outcome::line(&tracked, tenant.admin().app.clock.now());
            Ok(html! { (line) span hidden data-once=(once()?) {} }.into_response())
        }
        Err(problem) => Ok((problem.kind().status(), note(Mood::Bad, problem.detail())).into_response()),
    }
}

/// How the device is; `id="device-panel"`, so that it can be replaced while somebody looks.
pub(super) async fn panel(tenant: &Tenant, id: &DeviceRef) -> Answer<Markup> {
    let device = devices::find(tenant, id).await?;
    let edge = edges::seen(tenant)
        .await?
        .into_iter()
        .find(|seen| seen.edge.id == id.edge);
    let stale = edge.is_some_and(|edge| edge.presence != Presence::Online);
    Ok(about(&device, stale.then_some(words::EDGE_SILENT)))
}

fn about(device: &DeviceBody, warning: Option<&str>) -> Markup {
    let rows = [
        (words::DEVICE, Some(device.device.clone())),
        ("Address", device.address.clone()),
        ("Adapter", device.adapter.clone()),
        ("Firmware", device.fw.clone()),
        ("Reason", device.reason.as_ref().map(|reason| reason.replace('_', " "))),
        ("Since", clock(device.changed.as_deref())),
        (words::LAST_HEARD, clock(device.last_seen.as_deref())),
    ];
    html! {
        section.sheet id="device-panel" {
            header { h2 { (words::ABOUT_DEVICE) } (shown_status(device.status)) }
            div.in {
                @if let Some(warning) = warning { (note(Mood::Warn, warning)) }
                dl.pairs {
                    @for (name, value) in &rows {
                        @if let Some(value) = value { dt { (name) } dd { (value) } }
                    }
                }
            }
        }
    }
}

/// A device's status as colour, icon and word.
pub(super) fn shown_status(status: &str) -> Markup {
    let (mood, word) = match status {
        "online" => (Mood::Good, words::ONLINE),
        "offline" => (Mood::Bad, words::OFFLINE),
        "degraded" => (Mood::Warn, "Degraded"),
        "discovered" => (Mood::Busy, "Found"),
        "paired" => (Mood::Busy, "Paired"),
        "retired" => (Mood::Quiet, "Retired"),
        _ => (Mood::Quiet, "New"),
    };
    state(mood, word)
}

fn clock(text: Option<&str>) -> Option<String> {
    text.and_then(Timestamp::from_rfc3339).map(when::clock_text)
}

/// Devices that nobody would ask to open.
fn has_door(device: &DeviceBody) -> bool {
    let without = ["printer", "kiosk", "display", "desk", "pc", "room_pi", "pbx"];
    device.status != "retired" && !device.kind.as_deref().is_some_and(|kind| without.contains(&kind))
}

fn door_sheet(
    tenant: &Tenant,
    id: &DeviceRef,
    edge: &str,
    last: Option<&TrackedCommand>,
    now: Timestamp,
) -> Answer<Markup> {
    let seconds = Action::AccessOpen {
        door: Door(1),
        reason: None,
    }
    .default_lifetime()
    .as_secs();
    let may = tenant.caller.role.may(Permission::OpenDoors);
    Ok(html! {
        section.sheet {
            header { h2 { (words::DOORS) } }
            div.in {
                @if may {
                    details.ask {
                        summary.act { (door()) (words::OPEN_DOOR) }
                        div.question {
                            p { (words::open_question(id.device.as_str(), edge, seconds)) }
                            form method="post" action={ "/devices/" (id) "/open" } data-into="#outcome" {
                                input type="hidden" name="once" value=(once()?);
                                button.act.wide { (words::OPEN_DO) }
                            }
                        }
                    }
                } @else { p.soft { (words::NOT_ALLOWED_TO_OPEN) } }
                div id="outcome" aria-live="polite" data-failed=(words::OPEN_FAILED) {
                    @if let Some(last) = last { (outcome::line(last, now)) }
                }
            }
        }
    })
}

async fn events(tenant: &Tenant, id: &DeviceRef) -> Answer<Markup> {
    let query = EventQuery {
        device: Some(id.clone()),
        ..EventQuery::default()
    };
    let found = events_page::newest(tenant, &query, SHOWN_EVENTS).await?;
    Ok(html! {
        section.sheet.of-one {
            header { h2 { (words::LIVE_EVENTS) } (events_page::lamp()) }
            (events_page::table(&found))
            @if found.is_empty() {
                div data-until-first { (empty(words::NO_EVENTS_TITLE, words::NO_EVENTS, &html! {})) }
            }
            div.more { a.button.plain href={ "/events?device=" (id) } { (words::OLDER) } }
        }
    })
}

async fn last_open(tenant: &Tenant, id: &DeviceRef) -> Answer<Option<TrackedCommand>> {
    let filter = CommandFilter {
        edge: Some(id.edge),
        device: Some(id.device.to_string()),
        limit: 1,
        ..CommandFilter::default()
    };
    let found = cloud_store::commands::list(&tenant.scope, filter).await;
    let found = found.map_err(|error| Problem::internal("Looking up commands", &error))?;
    Ok(found.into_iter().next())
}

/// A key that makes a form that is sent twice count once.
fn once() -> Answer<String> {
    Ok(CommandId::new(Timestamp::from_millis(0), entropy()?).to_string())
}
