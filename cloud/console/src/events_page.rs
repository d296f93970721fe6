//! The pages that list: events with a live tail, and commands.

use super::{
    event_row,
    layout::{Tab, Viewer, empty, page},
    outcome,
    session::{Member, Turned},
    when, words,
};
use crate::admin::{
    caller::Tenant,
    events::EventQuery,
    page::{Page, cursor},
    problem::{Answer, Problem},
    role::Permission,
    target::DeviceRef,
};
use axum::extract::Query;
use cloud_store::{
    commands::{CommandFilter, TrackedCommand},
    events::{self, EventFilter, StoredEvent},
};
use maud::{Markup, html};
use protocol::command::Action;
use serde::Deserialize;

const SHOWN: u32 = 100;

/// What is asked of the events' page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    device: String,
    #[serde(default, rename = "type")]
    kind: String,
    after: Option<String>,
}

/// The events' page: a live tail on its first page, quiet on older ones.
pub(super) async fn events(member: Member, Query(asked): Query<Asked>) -> Result<Markup, Turned> {
    let tenant = &member.tenant;
    let query = asked.query()?;
    let place = Page {
        limit: Some(SHOWN),
        after: asked.after.clone(),
    };
    let found = older(tenant, &query, &place).await?;
    let next = found
        .last()
        .filter(|_| found.len() == SHOWN as usize)
        .map(|event| cursor(event.at, event.id));
    let filter = format!("type={}&device={}", asked.kind, asked.device);
    let login = tenant.caller.account().login.clone();
    let content = html! {
        div.head { div { h1 { (words::EVENTS) } p { (words::EVENTS_LEAD) } } @if asked.after.is_none() { (lamp()) } }
        section.sheet {
            div.in { (filter_form(&asked)) }
            (table(&found))
            @if found.is_empty() {
                div data-until-first { (empty(words::NO_EVENTS_TITLE, words::NO_EVENTS, &html! {})) }
            }
            @if let Some(next) = next {
                div.more { a.button.plain href={ "/events?" (filter) "&after=" (next) } { (words::OLDER) } }
            }
        }
    };
    let live = asked.after.is_none().then(|| format!("/live?view=events&{filter}"));
    Ok(page(
        Viewer {
            login: login.as_str(),
            tab: Tab::Events,
        },
        words::EVENTS,
        live.as_deref(),
        &content,
    ))
}

/// The commands' page.
pub(super) async fn commands(member: Member, Query(place): Query<Page>) -> Result<Markup, Turned> {
    let tenant = &member.tenant;
    tenant.need(Permission::ReadDevices).await?;
    let filter = CommandFilter {
        before: place.after()?,
        limit: SHOWN,
        ..CommandFilter::default()
    };
    let found = cloud_store::commands::list(&tenant.scope, filter).await;
    let found = found.map_err(|error| Problem::internal("Looking up commands", &error))?;
    let last = found.last().filter(|_| found.len() == SHOWN as usize);
    let next = last.map(|tracked| cursor(tracked.command.created, tracked.command.id));
    let login = tenant.caller.account().login.clone();
    let content = html! {
        div.head { div { h1 { (words::COMMANDS) } p { (words::COMMANDS_LEAD) } } }
        section.sheet {
            @if found.is_empty() {
                (empty(words::NO_COMMANDS_TITLE, words::NO_COMMANDS, &html! {}))
            } @else {
                table {
                    thead { tr {
                        th { (words::TIME) } th { (words::WHAT) } th { (words::DEVICE) } th { (words::ASKED_BY) }
                        th { (words::STATE) } th.figure { (words::TOOK) }
                    } }
                    tbody { @for tracked in &found { (command_row(tracked)) } }
                }
            }
            @if let Some(next) = next {
                div.more { a.button.plain href={ "/commands?after=" (next) } { (words::OLDER) } }
            }
        }
    };
    Ok(page(
        Viewer {
            login: login.as_str(),
            tab: Tab::Commands,
        },
        words::COMMANDS,
        None,
        &content,
    ))
}

/// The newest events that match.
pub(super) async fn newest(tenant: &Tenant, query: &EventQuery, limit: u32) -> Answer<Vec<StoredEvent>> {
    older(
        tenant,
        query,
        &Page {
            limit: Some(limit),
            after: None,
        },
    )
    .await
}

/// Events as a table whose rows can be added to while somebody looks.
pub(super) fn table(found: &[StoredEvent]) -> Markup {
    html! {
        table {
            thead { tr { @for column in event_row::COLUMNS { th { (column) } } } }
            tbody data-tail { @for event in found { (event_row::row(event)) } }
        }
    }
}

/// Whether the page is live.
pub(super) fn lamp() -> Markup {
    html! {
        span.live role="status" data-on-text=(words::LIVE_ON) data-off-text=(words::LIVE_OFF) { (words::LIVE_OFF) }
    }
}

async fn older(tenant: &Tenant, query: &EventQuery, place: &Page) -> Answer<Vec<StoredEvent>> {
    tenant.need(Permission::ReadEvents).await?;
    let filter = EventFilter {
        edge: query.edge(tenant).await?,
        device: query.device.as_ref().map(|device| device.device.to_string()),
        name: query.kind.clone(),
        before: place.after()?,
        limit: place.limit()?,
        ..EventFilter::default()
    };
    events::query(&tenant.scope, filter)
        .await
        .map_err(|error| Problem::internal("Looking up events", &error))
}

impl Asked {
    fn query(&self) -> Answer<EventQuery> {
        let device: Option<DeviceRef> = match self.device.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Problem::not_found("device"))?),
        };
        let plain = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let kind = Some(self.kind.trim().to_owned()).filter(|text| !text.is_empty() && plain(text));
        Ok(EventQuery {
            device,
            kind,
            ..EventQuery::default()
        })
    }
}

fn filter_form(asked: &Asked) -> Markup {
    html! {
        form.line method="get" action="/events" {
            div.field {
                label for="type" { (words::TYPE_HINT) }
                input id="type" name="type" value=(asked.kind) maxlength="64" autocomplete="off" list="types";
                datalist id="types" {
                    @for kind in ["access.", "command.", "device.", "site.", "journal.", "auth."] { option value=(kind) {} }
                }
            }
            @if !asked.device.is_empty() { input type="hidden" name="device" value=(asked.device); }
            button.plain { (words::FILTER) }
        }
    }
}

fn command_row(tracked: &TrackedCommand) -> Markup {
    let command = &tracked.command;
    let what = match &command.action {
        Action::AccessOpen { door, .. } => words::opened_on_behalf(door.0),
        Action::DeviceRestart {}
        | Action::DeviceReboot {}
        | Action::DeviceIdentify {}
        | Action::DeviceTimeSync {}
        | Action::DeviceTest {}
        | Action::PrintTicket(_)
        | Action::PrintBadge(_)
        | Action::PrintReport(_)
        | Action::PrintTest {}
        | Action::AgentRestart {}
        | Action::JournalFlush {}
        | Action::Site(_) => String::new(),
    };
    html! {
        tr {
            td data-label=(words::TIME) { (when::moment(command.created)) }
            td data-label=(words::WHAT) { span { b { (command.action.name()) } " " span.soft { (what) } } }
            td data-label=(words::DEVICE) {
                @if let Some(device) = &command.device {
                    a href={ "/devices/" (command.edge) "~" (device) } { (device) }
                }
            }
            td data-label=(words::ASKED_BY) { (command.by) }
            td data-label=(words::STATE) {
                span { (outcome::shown_state(tracked.state))
                    @if let Some(said) = outcome::said(tracked) { " " span.soft { (said) } } }
            }
            td.figure data-label=(words::TOOK) {
                @match outcome::shown_time(tracked) { Some(took) => { (took.as_millis()) " ms" } None => (words::UNKNOWN) }
            }
        }
    }
}
