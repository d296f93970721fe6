//! How the box is, for people: one page that works without script and without the cloud.
//!
//! It tells anybody on the network how the box is, and no name or address of a device: those are among the settings.

use crate::{LanState, area::DEVICES, frame, health, problem::Problem, session::LocalAdmin, settings::CloudLink};
use axum::{extract::State, response::IntoResponse};
use edge_kernel::{DevicePresence, FactsRoom, KernelStatus, Roster, RosterDevice};
use maud::{DOCTYPE, Markup, html};
use protocol::{ClockState, DeviceId};

struct DeviceRow {
    device: String,
    kind: String,
    address: String,
    presence: DevicePresence,
}

pub(crate) async fn status(State(lan): State<LanState>) -> Result<impl IntoResponse, Problem> {
    let (status, roster) = health::site(&lan).await?;
    let (ok, bad) = roster.tally();
    let clock = lan.port().clock();
    let link = lan.link().borrow().clone();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="10";
                title { "Ostona edge" }
                link rel="stylesheet" href="/style.css";
            }
            body.status {
                header { h1 { "This box" } p { "Ostona edge " (lan.inner().version) " · up " (duration(clock.up_ms() / 1000)) } }
                main {
                    (cards(&status, &link, clock.state(), clock.up_ms()))
                    h2 { "Devices " small { (ok) " online, " (bad) " not" } }
                    p { "Which they are is shown in the settings: " a href=(DEVICES.address) { "Devices" } "." }
                    @for area in lan.inner().areas { ((area.status)(&lan)) }
                }
            }
        }
    })
}

/// Every device with its name, kind and address: for whoever is signed in.
pub(crate) async fn devices(State(lan): State<LanState>, admin: LocalAdmin) -> Result<Markup, Problem> {
    let (_, roster) = health::site(&lan).await?;
    let title = (DEVICES.title)(admin.lang);
    let content = table(&rows(&roster));
    Ok(frame::signed_in(
        &admin,
        DEVICES.address,
        title,
        frame::PageNote::None,
        &content,
    ))
}

fn rows(roster: &Roster) -> Vec<DeviceRow> {
    let row = |(id, device): (&DeviceId, &RosterDevice)| DeviceRow {
        device: id.to_string(),
        kind: device.kind.to_string(),
        address: device.address.as_ref().map_or_else(String::new, ToString::to_string),
        presence: device.presence.clone(),
    };
    roster.devices().map(row).collect()
}

fn cards(status: &KernelStatus, link: &CloudLink, clock: ClockState, up_ms: u64) -> Markup {
    let (mark, words) = match link {
        CloudLink::Alone => ("○", "Works alone, without a cloud".to_owned()),
        CloudLink::Up => ("✔", "Connected".to_owned()),
        CloudLink::Down { since_ms } => (
            "…",
            format!(
                "No link for {}, work continues",
                duration(up_ms.saturating_sub(*since_ms) / 1000)
            ),
        ),
        CloudLink::TurnedAway(why) => ("✖", format!("The cloud turns this box away: {why}")),
    };
    html! {
        dl.cards {
            div { dt { "Cloud" } dd { span.mark aria-hidden="true" { (mark) } " " (words) } }
            div { dt { "Waiting to be sent" } dd { (status.unsent) " events" } }
            div {
                dt { "Room on disk" }
                dd {
                    (room(status, link))
                }
            }
            div {
                dt { "Clock" }
                dd { @match clock { ClockState::Synced => "✔ right", ClockState::Estimated => "▲ check time" } }
            }
        }
    }
}

/// How much room is left for events, and what to do where it runs out.
fn room(status: &KernelStatus, link: &CloudLink) -> Markup {
    let (class, mark) = match status.room {
        FactsRoom::Ample => ("good", "✔"),
        FactsRoom::Filling | FactsRoom::NearlyFull => ("warn", "▲"),
        FactsRoom::Full => ("bad", "✖"),
    };
    let advice = match (status.room, link) {
        (FactsRoom::Ample, _) => None,
        (_, CloudLink::Alone) => Some("Old events should have gone by now: look at the log."),
        (FactsRoom::Filling | FactsRoom::NearlyFull, _) => Some(
            "Bring the link back, or write the events to a file: ostona-edge export FILE. When the room is used up, unsent \
             events older than journal.keep_days go, oldest first; where none is, devices' reports and new tickets are refused.",
        ),
        (FactsRoom::Full, _) => Some("New tickets are refused until the link is back. Whoever waits is still served."),
    };
    html! {
        span class=(class) { span aria-hidden="true" { (mark) } " " (status.facts_limit.saturating_sub(status.facts_bytes) >> 20) " MiB" }
        @if let Some(hours) = status.hours_left { " · " (duration((f64::from(hours) * 3600.0) as u64)) " at this rate" }
        @if let Some(advice) = advice { br; small { (advice) } }
    }
}

fn table(rows: &[DeviceRow]) -> Markup {
    html! {
        @if rows.is_empty() {
            p.empty { "No devices yet. Add one to the settings file, or from the cloud's console." }
        } @else {
            table {
                thead { tr { th { "Device" } th { "Kind" } th { "Address" } th { "State" } } }
                tbody {
                    @for row in rows {
                        tr {
                            td { (row.device) } td { (row.kind) } td { (row.address) }
                            td { (presence(&row.presence)) }
                        }
                    }
                }
            }
        }
    }
}

fn presence(presence: &DevicePresence) -> Markup {
    let (class, mark, words) = match presence {
        DevicePresence::New => ("wait", "○", "not seen yet".to_owned()),
        DevicePresence::Online => ("good", "✔", "online".to_owned()),
        DevicePresence::Offline { reason } => ("bad", "✖", format!("offline: {}", reason.as_str().replace('_', " "))),
        DevicePresence::Degraded { reason } => {
            ("warn", "▲", format!("degraded: {}", reason.as_str().replace('_', " ")))
        }
        DevicePresence::Retired => ("wait", "–", "retired".to_owned()),
    };
    html! { span class=(class) { span aria-hidden="true" { (mark) } " " (words) } }
}

fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
