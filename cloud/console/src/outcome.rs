//! How a command ended, or where it is: the same few lines on a device's page, in the list and in a live update.

use crate::{
    icon::{Severity, state},
    session::{OrgUser, PageRefusal},
    words,
};
use axum::extract::Path;
use cloud_admin::{
    AdminError,
    commands::{self, round_trip},
};
use cloud_store::commands::{CommandState, TrackedCommand};
use maud::{Markup, html};
use protocol::{Reason, Timestamp};
use std::time::Duration;

/// After its expiry plus this, the page asks how it ended, should no event have said so.
const GRACE_MILLIS: i64 = 1500;

/// A command's line alone, for a page that asks again.
pub(crate) async fn fragment(member: OrgUser, Path(id): Path<String>) -> Result<Markup, PageRefusal> {
    let id = id.parse().map_err(|_| AdminError::not_found("command"))?;
    let tracked = commands::get(&member.tenant, id).await?;
    Ok(line(&tracked, member.tenant.admin().clock.now()))
}

/// A command's line; `id="command-…"`, so that it can be replaced.
pub(crate) fn line(tracked: &TrackedCommand, now: Timestamp) -> Markup {
    let id = tracked.command.id;
    let left = tracked
        .command
        .expires
        .as_millis()
        .saturating_sub(now.as_millis())
        .max(0)
        .saturating_add(GRACE_MILLIS);
    let check = (!tracked.state.is_outcome()).then(|| format!("/commands/{id}/outcome"));
    html! {
        div.outcome id={ "command-" (id) } role="status" data-check=[check] data-check-after=(left) {
            (shown_state(tracked.state))
            @if let Some(took) = shown_time(tracked) { b.took { (took.as_millis()) " ms" } }
            span.soft { (words::of_command(tracked.state)) @if let Some(detail) = outcome_detail(tracked) { " " (detail) } }
        }
    }
}

/// A command's state as colour, icon and word.
pub(crate) fn shown_state(state_now: CommandState) -> Markup {
    let mood = match state_now {
        CommandState::Queued | CommandState::Sent | CommandState::Accepted | CommandState::Running => Severity::Busy,
        CommandState::Ok => Severity::Good,
        CommandState::Failed | CommandState::Rejected => Severity::Bad,
        CommandState::Expired => Severity::Warn,
    };
    state(mood, words::command_state(state_now))
}

/// From asking to knowing, where somebody did something about it: of an expired command it says nothing.
pub(crate) fn shown_time(tracked: &TrackedCommand) -> Option<Duration> {
    round_trip(tracked).filter(|_| tracked.state != CommandState::Expired)
}

/// The edge's own words, or its reason.
pub(crate) fn outcome_detail(tracked: &TrackedCommand) -> Option<String> {
    let reason = tracked
        .reason
        .filter(|reason| *reason != Reason::Expired)
        .and_then(|reason| serde_json::to_value(reason).ok());
    let reason = reason
        .as_ref()
        .and_then(|reason| reason.as_str())
        .map(|text| text.replace('_', " "));
    match (&tracked.detail, reason) {
        (Some(detail), Some(reason)) => Some(format!("({reason}: {detail})")),
        (Some(text), None) => Some(format!("({text})")),
        (None, Some(text)) => Some(format!("({text})")),
        (None, None) => None,
    }
}
