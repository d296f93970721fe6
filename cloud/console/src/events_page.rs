//! The pages that list: events with a live tail, and commands.

use crate::{
    event_row,
    layout::{Tab, Viewer, empty, page},
    outcome,
    session::{OrgUser, PageRefusal},
    time_format, words,
};
use axum::extract::Query;
use cloud_admin::{
    AdminError, AdminResult,
    caller::Tenant,
    commands::{self, CommandQuery},
    cursor::{CursorText, PageRequest},
    events::{self, EventQuery},
    target::DeviceRef,
};
use cloud_store::{
    commands::TrackedCommand,
    events::{EventNameFilter, StoredEvent},
};
use maud::{Markup, html};
use protocol::command::Action;
use serde::Deserialize;

const SHOWN: u32 = 100;

/// What is asked of the events' page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EventsPageParams {
    #[serde(default)]
    device: String,
    #[serde(default, rename = "type")]
    kind: String,
    after: Option<CursorText>,
}

/// The events' page: a live tail on its first page, quiet on older ones.
pub(crate) async fn events(member: OrgUser, Query(asked): Query<EventsPageParams>) -> Result<Markup, PageRefusal> {
    let tenant = &member.tenant;
    let query = asked.query()?;
    let place = PageRequest::asked(Some(SHOWN), asked.after.as_ref())?;
    let page_found = events::list(tenant, &query, place).await?;
    let (found, next) = (page_found.items, page_found.next);
    let filter = format!("type={}&device={}", asked.kind, asked.device);
    let content = html! {
        div.head { div { h1 { (words::EVENTS) } p { (words::EVENTS_LEAD) } } @if asked.after.is_none() { (live_indicator()) } }
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
        Viewer::of(&tenant.caller, Tab::Events),
        words::EVENTS,
        live.as_deref(),
        &content,
    ))
}

/// Where the commands' page begins.
#[derive(Debug, Deserialize)]
pub(crate) struct CommandsPageParams {
    after: Option<CursorText>,
}

/// The commands' page.
pub(crate) async fn commands(member: OrgUser, Query(older): Query<CommandsPageParams>) -> Result<Markup, PageRefusal> {
    let tenant = &member.tenant;
    let place = PageRequest::asked(Some(SHOWN), older.after.as_ref())?;
    let page_found = commands::list(tenant, CommandQuery::default(), place).await?;
    let (found, next) = (page_found.items, page_found.next);
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
        Viewer::of(&tenant.caller, Tab::Commands),
        words::COMMANDS,
        None,
        &content,
    ))
}

/// The newest events that match.
pub(crate) async fn newest(tenant: &Tenant, query: &EventQuery, limit: u32) -> AdminResult<Vec<StoredEvent>> {
    let page = PageRequest { limit, after: None };
    Ok(events::list(tenant, query, page).await?.items)
}

/// Events as a table whose rows can be added to while somebody looks.
pub(crate) fn table(found: &[StoredEvent]) -> Markup {
    html! {
        table {
            thead { tr { @for column in event_row::COLUMNS { th { (column) } } } }
            tbody data-tail { @for event in found { (event_row::row(event)) } }
        }
    }
}

/// Whether the page is live.
pub(crate) fn live_indicator() -> Markup {
    html! {
        span.live role="status" data-on-text=(words::LIVE_ON) data-off-text=(words::LIVE_OFF) { (words::LIVE_OFF) }
    }
}

impl EventsPageParams {
    fn query(&self) -> AdminResult<EventQuery> {
        let device: Option<DeviceRef> = match self.device.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| AdminError::not_found("device"))?),
        };
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let kind = Some(self.kind.trim()).filter(|text| !text.is_empty() && plain(text));
        Ok(EventQuery {
            device,
            kind: kind.map(EventNameFilter::from),
            ..EventQuery::default()
        })
    }
}

fn filter_form(asked: &EventsPageParams) -> Markup {
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
        | Action::JournalExport {}
        | Action::Site(_) => String::new(),
    };
    html! {
        tr {
            td data-label=(words::TIME) { (time_format::moment(command.created)) }
            td data-label=(words::WHAT) { span { b { (command.action.name()) } " " span.soft { (what) } } }
            td data-label=(words::DEVICE) {
                @if let Some(device) = &command.device {
                    a href={ "/devices/" (command.edge) "~" (device) } { (device) }
                }
            }
            td data-label=(words::ASKED_BY) { (command.by) }
            td data-label=(words::STATE) {
                span { (outcome::shown_state(tracked.state))
                    @if let Some(said) = outcome::outcome_detail(tracked) { " " span.soft { (said) } } }
            }
            td.figure data-label=(words::TOOK) {
                @match outcome::shown_time(tracked) { Some(took) => { (took.as_millis()) " ms" } None => (words::UNKNOWN) }
            }
        }
    }
}
