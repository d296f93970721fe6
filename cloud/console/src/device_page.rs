//! A device's page: how it is, what happens there, and the button that opens its door.
//!
//! The button asks once and shows target and expiry; a form sent twice opens once.

use crate::{
    events_page,
    icon::{Severity, door, note, state},
    layout::{Tab, Viewer, empty, page},
    outcome,
    session::{OrgUser, PageRefusal},
    time_format, words,
};
use axum::{
    Form,
    extract::Path,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    AdminError, AdminErrorKind, AdminResult,
    caller::Tenant,
    commands::{self, ActionRequest, IdempotencyKey},
    cursor::PageRequest,
    devices::{self, KnownDevice},
    edges::{self, EdgePresence},
    entropy::entropy,
    events::EventQuery,
    role::Permission,
    target::{CommandTarget, DeviceRef},
};
use cloud_http::Problem;
use cloud_store::commands::TrackedCommand;
use maud::{Markup, html};
use protocol::{CommandId, Timestamp, command::Action, fact::Door, text::DeviceKind};
use serde::Deserialize;

const SHOWN_EVENTS: u32 = 20;
/// What a script sends that wants the outcome's line alone.
const FRAGMENT: &str = "text/html-fragment";

/// The button, pressed.
#[derive(Debug, Deserialize)]
pub(crate) struct OpenDoorForm {
    once: String,
}

/// The page.
pub(crate) async fn show(member: OrgUser, Path(id): Path<String>) -> Result<Markup, PageRefusal> {
    let tenant = &member.tenant;
    let id: DeviceRef = id.parse().map_err(|_| AdminError::not_found("device"))?;
    let device = devices::get(tenant, &id).await?;
    let edge = edges::known(tenant, id.edge).await?;
    let last = last_open(tenant, &id).await?;
    let now = tenant.admin().clock.now();
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } " / " a href={ "/edges/" (id.edge) } { (edge.name) } }
        div.head { div { h1 { (id.device) } p { (kind(&device).unwrap_or(words::DEVICE)) } } }
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
        Viewer::of(&tenant.caller, Tab::Home),
        id.device.as_str(),
        Some(&live),
        &content,
    ))
}

/// Opens the door.
pub(crate) async fn open(
    member: OrgUser,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(press): Form<OpenDoorForm>,
) -> Result<Response, PageRefusal> {
    let tenant = &member.tenant;
    let target: DeviceRef = id.parse().map_err(|_| AdminError::not_found("device"))?;
    let action = Action::AccessOpen {
        door: Door(1),
        reason: None,
    };
    let target = CommandTarget::Device(target);
    let asked = commands::create(tenant, &target, ActionRequest::of(action), Some(key(&press.once)?)).await;
    if headers.get(header::ACCEPT).is_none_or(|accept| accept != FRAGMENT) {
        asked?;
        return Ok(Redirect::to(&format!("/devices/{target}")).into_response());
    }
    match asked {
        Ok(made) => {
            let tracked = commands::get(tenant, made.command.id).await?;
            let line = outcome::line(&tracked, tenant.admin().clock.now());
            Ok(html! { (line) span hidden data-once=(form_key()?) {} }.into_response())
        }
        Err(error) => {
            let problem = Problem::from(error);
            Ok((problem.kind().status(), note(Severity::Bad, problem.detail())).into_response())
        }
    }
}

/// How the device is; `id="device-panel"`, so that it can be replaced while somebody looks.
pub(crate) async fn panel(tenant: &Tenant, id: &DeviceRef) -> AdminResult<Markup> {
    let (device, edge) = devices::with_edge(tenant, id).await?;
    let stale = edge.is_some_and(|edge| edge.presence != EdgePresence::Online);
    Ok(about(&device, stale.then_some(words::EDGE_SILENT)))
}

fn about(device: &KnownDevice, warning: Option<&str>) -> Markup {
    let told = device.told();
    let rows = [
        (words::DEVICE, Some(device.target().device.to_string())),
        (
            "Address",
            told.and_then(|told| Some(told.address.as_ref()?.to_string())),
        ),
        (
            "Adapter",
            told.and_then(|told| Some(told.adapter.as_ref()?.to_string())),
        ),
        ("Firmware", told.and_then(|told| Some(told.fw.as_ref()?.to_string()))),
        (
            "Reason",
            told.and_then(|told| Some(told.reason.as_ref()?.as_str().replace('_', " "))),
        ),
        ("Since", told.map(|told| time_format::clock_text(told.changed))),
        (words::LAST_HEARD, told.map(|told| time_format::clock_text(told.seen))),
    ];
    html! {
        section.sheet id="device-panel" {
            header { h2 { (words::ABOUT_DEVICE) } (shown_status(device.status())) }
            div.in {
                @if let Some(warning) = warning { (note(Severity::Warn, warning)) }
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
pub(crate) fn shown_status(status: &str) -> Markup {
    let (mood, word) = match status {
        "online" => (Severity::Good, words::ONLINE),
        "offline" => (Severity::Bad, words::OFFLINE),
        "degraded" => (Severity::Warn, "Degraded"),
        "discovered" => (Severity::Busy, "Found"),
        "paired" => (Severity::Busy, "Paired"),
        "retired" => (Severity::Quiet, "Retired"),
        _ => (Severity::Quiet, "New"),
    };
    state(mood, word)
}

fn kind(device: &KnownDevice) -> Option<&str> {
    device.told()?.kind.as_ref().map(DeviceKind::as_str)
}

/// Devices that nobody would ask to open.
fn has_door(device: &KnownDevice) -> bool {
    let without = ["printer", "kiosk", "display", "desk", "pc", "room_pi", "pbx"];
    device.status() != "retired" && !kind(device).is_some_and(|kind| without.contains(&kind))
}

fn door_sheet(
    tenant: &Tenant,
    id: &DeviceRef,
    edge: &str,
    last: Option<&TrackedCommand>,
    now: Timestamp,
) -> AdminResult<Markup> {
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
                                input type="hidden" name="once" value=(form_key()?);
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

async fn events(tenant: &Tenant, id: &DeviceRef) -> AdminResult<Markup> {
    let query = EventQuery {
        device: Some(id.clone()),
        ..EventQuery::default()
    };
    let found = events_page::newest(tenant, &query, SHOWN_EVENTS).await?;
    Ok(html! {
        section.sheet.of-one {
            header { h2 { (words::LIVE_EVENTS) } (events_page::live_indicator()) }
            (events_page::table(&found))
            @if found.is_empty() {
                div data-until-first { (empty(words::NO_EVENTS_TITLE, words::NO_EVENTS, &html! {})) }
            }
            div.more { a.button.plain href={ "/events?device=" (id) } { (words::OLDER) } }
        }
    })
}

async fn last_open(tenant: &Tenant, id: &DeviceRef) -> AdminResult<Option<TrackedCommand>> {
    let newest = PageRequest { limit: 1, after: None };
    let found = commands::of_device(tenant, id, newest).await?;
    Ok(found.items.into_iter().next())
}

/// A key that makes a form that is sent twice count once.
pub(crate) fn form_key() -> AdminResult<String> {
    Ok(CommandId::new(Timestamp::from_millis(0), entropy()?).to_string())
}

/// The same, as a form brought it back.
pub(crate) fn key(once: &str) -> AdminResult<IdempotencyKey> {
    let unreadable = |error| AdminError::new(AdminErrorKind::BadArgument, format!("{error}."));
    format!("console-{once}")
        .parse()
        .map_err(|error: cloud_admin::commands::IdempotencyKeyError| unreadable(error))
}
