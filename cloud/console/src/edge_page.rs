//! An edge's page: how it is, what hangs on it, what never arrived, and the two decisions only a person can take.

use crate::{
    device_page::shown_status,
    home::{edge_state, last_heard},
    layout::{Tab, Viewer, empty, page},
    session::{OrgUser, PageRefusal},
    site_page, time_format, words,
};
use axum::{extract::Path, response::Redirect};
use cloud_admin::{
    AdminError, AdminResult,
    caller::Tenant,
    devices,
    edges::{self, EdgeOverview},
    role::Permission,
};
use cloud_store::{edges::EdgeState, events::EdgeGap};
use maud::{Markup, html};
use protocol::{
    EdgeId,
    fact::Heartbeat,
    text::{DeviceAddress, DeviceKind},
};
use std::time::Duration;

/// The page.
pub(crate) async fn show(member: OrgUser, Path(id): Path<String>) -> Result<Markup, PageRefusal> {
    let tenant = &member.tenant;
    let id = parsed(&id)?;
    let edge = edges::known(tenant, id).await?;
    let gaps = if tenant.caller.role.may(Permission::ReadEvents) {
        gaps_sheet(&edges::gaps(tenant, id).await?)
    } else {
        html! {}
    };
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } }
        div.head { div { h1 { (edge.name) } p.mono { (edge.id) } } }
        (panel(tenant, id).await?)
        @if tenant.caller.role.may(Permission::ManageDevices) {
            p {
                a.button.plain href={ "/edges/" (edge.id) "/queue" } { (words::BRANCH_QUEUE) } " "
                a.button.plain href={ "/edges/" (edge.id) "/bookings" } { (words::BOOKINGS) }
            }
        }
        (site_page::sheet(tenant, id).await?)
        (gaps)
        @if tenant.caller.role.may(Permission::ManageEdges) { (decisions(edge.id, edge.state)) }
    };
    let live = format!("/live?view=edge&edge={id}");
    Ok(page(
        Viewer::of(&tenant.caller, Tab::Home),
        &edge.name,
        Some(&live),
        &content,
    ))
}

/// Releases a quarantined edge.
pub(crate) async fn release(member: OrgUser, Path(id): Path<String>) -> Result<Redirect, PageRefusal> {
    let id = parsed(&id)?;
    edges::release(&member.tenant, id).await?;
    Ok(Redirect::to(&format!("/edges/{id}")))
}

/// Revokes an edge for good.
pub(crate) async fn revoke(member: OrgUser, Path(id): Path<String>) -> Result<Redirect, PageRefusal> {
    let id = parsed(&id)?;
    edges::revoke(&member.tenant, id).await?;
    Ok(Redirect::to(&format!("/edges/{id}")))
}

/// How the edge is and what hangs on it; `id="edge-panel"`, so that it can be replaced while somebody looks.
pub(crate) async fn panel(tenant: &Tenant, id: EdgeId) -> AdminResult<Markup> {
    let seen = edges::get(tenant, id).await?;
    let devices = if tenant.caller.role.may(Permission::ReadDevices) {
        devices_sheet(tenant, id).await?
    } else {
        html! {}
    };
    let now = tenant.admin().clock.now();
    Ok(html! {
        div id="edge-panel" {
            section.sheet {
                header { h2 { (words::STATE) } (edge_state(&seen)) p { (words::LAST_HEARD) " " (last_heard(&seen, now)) } }
                @if let Some(heartbeat) = &seen.heartbeat { (figures(heartbeat)) }
                @else { (empty(words::NEVER, words::NO_EDGE, &html! {})) }
            }
            (quarantine_note(&seen))
            (devices)
        }
    })
}

fn quarantine_note(seen: &EdgeOverview) -> Markup {
    html! {
        @if seen.edge.state == EdgeState::Quarantined {
            (crate::icon::note(crate::icon::Severity::Bad, words::QUARANTINE_WHY))
        } @else if seen.edge.state == EdgeState::Released {
            (crate::icon::note(crate::icon::Severity::Quiet, words::RELEASED_WHY))
        }
    }
}

fn figures(told: &Heartbeat) -> Markup {
    let percent = |value: Option<f32>| value.map(|value| format!("{value:.0} %"));
    let figures = [
        (words::VERSION, Some(told.version.to_string())),
        ("Up for", Some(time_format::span(Duration::from_secs(told.uptime_s)))),
        (words::WAITING, Some(told.journal_depth.to_string())),
        ("Journal", Some(format!("{:.1} MB", told.journal_bytes as f64 / 1e6))),
        ("Processor", percent(told.cpu)),
        ("Memory", percent(told.mem)),
        ("Disk", percent(told.disk)),
        ("Temperature", told.temp_c.map(|value| format!("{value:.0} °C"))),
    ];
    html! {
        div.figures {
            @for (name, value) in figures {
                @if let Some(value) = value { div { b { (value) } span { (name) } } }
            }
        }
    }
}

async fn devices_sheet(tenant: &Tenant, id: EdgeId) -> AdminResult<Markup> {
    let all = devices::list(tenant, Some(id)).await?;
    Ok(html! {
        section.sheet {
            header { h2 { (words::DEVICES) } }
            @if all.is_empty() {
                (empty(words::NO_DEVICES_TITLE, words::NO_DEVICES, &html! {}))
            } @else {
                table {
                    thead { tr { th { (words::DEVICE) } th { (words::STATE) } th { "Kind" } th { "Address" } } }
                    tbody {
                        @for device in &all {
                            tr {
                                td data-label=(words::DEVICE) { a href={ "/devices/" (device.target()) } { (device.target().device) } }
                                td data-label=(words::STATE) { (shown_status(device.status())) }
                                td data-label="Kind" { (device.told().and_then(|told| told.kind.as_ref()).map(DeviceKind::as_str).unwrap_or(words::UNKNOWN)) }
                                td data-label="Address" {
                                    span.mono { (device.told().and_then(|told| told.address.as_ref()).map(DeviceAddress::as_str).unwrap_or(words::UNKNOWN)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    })
}

fn gaps_sheet(gaps: &[EdgeGap]) -> Markup {
    html! {
        section.sheet {
            header { h2 { (words::GAPS) } }
            @if gaps.is_empty() { div.in { p.soft { (words::NO_GAPS) } } } @else {
                table {
                    thead { tr { th { "Lane" } th.figure { "From" } th.figure { "To" } th { "Reason" } th { "Noticed" } } }
                    tbody {
                        @for found in gaps {
                            tr {
                                td data-label="Lane" { (found.gap.lane) }
                                td.figure data-label="From" { (found.gap.from) }
                                td.figure data-label="To" { (found.gap.to) }
                                td data-label="Reason" {
                                    (found.gap.reason.as_ref().map_or(words::GAP_UNEXPLAINED, |reason| reason.as_str()))
                                }
                                td data-label="Noticed" { (time_format::moment(found.noticed)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn decisions(id: EdgeId, state: EdgeState) -> Markup {
    let ask = |title: &str, question: &str, action: &str, button: &str| {
        html! {
            details.ask {
                summary.small { (title) }
                div.question {
                    p { (question) }
                    form method="post" action={ "/edges/" (id) "/" (action) } { button.act { (button) } }
                }
            }
        }
    };
    html! {
        @if state == EdgeState::Quarantined {
            (ask(words::RELEASE, words::RELEASE_ASK, "release", words::RELEASE_DO))
        }
        @if state != EdgeState::Revoked {
            (ask(words::REVOKE, words::REVOKE_ASK, "revoke", words::REVOKE_DO))
        }
    }
}

fn parsed(id: &str) -> AdminResult<EdgeId> {
    id.parse().map_err(|_| AdminError::not_found("edge"))
}
