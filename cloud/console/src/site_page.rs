//! What is asked of a site itself from its edge's page: a text on its displays, a service opened or closed, a ticket, the
//! journal sent or written to a file.
//!
//! A form that is sent twice counts once; what cannot be undone is asked twice.

use crate::{
    device_page::{form_key, key},
    layout::field,
    outcome,
    session::{OrgUser, PageRefusal},
    words,
};
use axum::{Form, extract::Path, response::Redirect};
use cloud_admin::{
    AdminError, AdminErrorKind, AdminResult, bookings,
    caller::Tenant,
    commands::{self, ActionRequest, CommandQuery, IdempotencyKey},
    cursor::PageRequest,
    role::Permission,
    target::CommandTarget,
};
use cloud_store::commands::TrackedCommand;
use maud::{Markup, html};
use protocol::{
    EdgeId, Lang, Names,
    command::{Action, SiteAction, Urgency},
    fact::ServiceAvailability,
    id::ServiceId,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Newest commands of the edge looked through for those of the site itself.
const LOOKED_THROUGH: u32 = 50;
/// Outcomes shown.
const SHOWN: usize = 4;
/// How long a text may be shown, seconds, and how that is said.
const SPANS: [(u32, &str); 4] = [
    (300, "5 minutes"),
    (1800, "30 minutes"),
    (7200, "2 hours"),
    (86_400, "24 hours"),
];

/// A form of this page: what it asks for, and what was typed.
#[derive(Debug, Deserialize)]
pub(crate) struct SiteForm {
    once: String,
    #[serde(flatten)]
    wanted: SiteFormAction,
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum SiteFormAction {
    /// A text on every display: at its foot, or over everything.
    Message {
        urgency: Urgency,
        #[serde(rename = "uz-Latn", default)]
        uz_latn: String,
        #[serde(rename = "uz-Cyrl", default)]
        uz_cyrl: String,
        #[serde(default)]
        ru: String,
        #[serde(default)]
        en: String,
        seconds: String,
    },
    /// A service opened, closed, or left to its hours.
    Service {
        service: ServiceId,
        open: ServiceAvailability,
    },
    /// A ticket for somebody.
    Ticket { service: ServiceId, lang: Lang },
    /// What waits is sent now.
    Flush {},
    /// What the cloud does not have is written to a file on the box.
    Export {},
}

/// Asks the site for what a form says.
pub(crate) async fn ask(
    member: OrgUser,
    Path(edge): Path<String>,
    Form(form): Form<SiteForm>,
) -> Result<Redirect, PageRefusal> {
    let edge: EdgeId = edge.parse().map_err(|_| AdminError::not_found("edge"))?;
    let key = key(&form.once)?;
    let request = request(form.wanted, &key)?;
    let target = CommandTarget::Site(edge);
    commands::create(&member.tenant, &target, request, Some(key)).await?;
    Ok(Redirect::to(&format!("/edges/{edge}#site")))
}

fn request(wanted: SiteFormAction, key: &IdempotencyKey) -> AdminResult<ActionRequest> {
    let action = match wanted {
        SiteFormAction::Message {
            urgency,
            uz_latn,
            uz_cyrl,
            ru,
            en,
            seconds,
        } => {
            let typed = [
                (Lang::UzLatn, uz_latn),
                (Lang::UzCyrl, uz_cyrl),
                (Lang::Ru, ru),
                (Lang::En, en),
            ];
            let typed = typed.into_iter().map(|(lang, text)| (lang, text.trim().to_owned()));
            let texts: BTreeMap<Lang, String> = typed.filter(|(_, text)| !text.is_empty()).collect();
            let text =
                Names::try_from(texts).map_err(|_| AdminError::new(AdminErrorKind::Invalid, words::MESSAGE_TYPED))?;
            let seconds = seconds.parse();
            Action::Site(SiteAction::DisplayMessage {
                text,
                seconds: seconds.map_err(|_| AdminError::new(AdminErrorKind::Invalid, words::MESSAGE_TYPED))?,
                urgency,
            })
        }
        SiteFormAction::Service { service, open } => Action::Site(SiteAction::QueueServiceSet { service, open }),
        SiteFormAction::Ticket { service, lang } => return Ok(ActionRequest::ticket(service, lang, key)),
        SiteFormAction::Flush {} => Action::JournalFlush {},
        SiteFormAction::Export {} => Action::JournalExport {},
    };
    Ok(ActionRequest::of(action))
}

/// The sheet on an edge's page; nothing for somebody who may not ask.
pub(crate) async fn sheet(tenant: &Tenant, edge: EdgeId) -> AdminResult<Markup> {
    if !tenant.caller.role.may(Permission::OperateDevices) {
        return Ok(html! {});
    }
    let branch = bookings::branch(tenant, edge).await?;
    let services: Vec<(ServiceId, String)> = branch
        .iter()
        .flat_map(|branch| &branch.draft().services)
        .map(|service| (service.id.clone(), service.name.get(Lang::En).to_owned()))
        .collect();
    let last = last_of_site(tenant, edge).await?;
    let now = tenant.admin().clock.now();
    Ok(html! {
        section.sheet id="site" {
            header { h2 { (words::ASK_SITE) } }
            div.in {
                (message_form(edge)?)
                @if !services.is_empty() { (service_form(edge, &services)?) (ticket_form(edge, &services)?) }
                div.line {
                    (button_form(edge, "flush", words::SEND_NOW)?)
                    (button_form(edge, "export", words::WRITE_EXPORT)?)
                }
                @for command in &last {
                    p.soft { (words::site_action(&command.command.action)) }
                    (outcome::line(command, now))
                }
            }
        }
    })
}

async fn last_of_site(tenant: &Tenant, edge: EdgeId) -> AdminResult<Vec<TrackedCommand>> {
    let query = CommandQuery {
        edge: Some(edge),
        state: None,
    };
    let newest = PageRequest {
        limit: LOOKED_THROUGH,
        after: None,
    };
    let found = commands::list(tenant, query, newest).await?.items.into_iter();
    Ok(found
        .filter(|found| found.command.device.is_none())
        .take(SHOWN)
        .collect())
}

fn form(edge: EdgeId, wanted: &str, inside: &Markup) -> AdminResult<Markup> {
    Ok(html! {
        form method="post" action={ "/edges/" (edge) "/ask" } {
            input type="hidden" name="once" value=(form_key()?);
            input type="hidden" name="do" value=(wanted);
            (inside)
        }
    })
}

fn button_form(edge: EdgeId, wanted: &str, name: &str) -> AdminResult<Markup> {
    form(edge, wanted, &html! { button.plain { (name) } })
}

fn message_form(edge: EdgeId) -> AdminResult<Markup> {
    let inside = html! {
        @for lang in Lang::ALL {
            @let id = format!("message-{}", lang.tag());
            (field(&id, &words::text_in(lang), None, &html! {
                input id=(id) name=(lang.tag()) maxlength="200" lang=(lang.tag());
            }))
        }
        (field("message-urgency", words::SHOWN_WHERE, None, &html! {
            select id="message-urgency" name="urgency" {
                option value="notice" { (words::SHOWN_AT_FOOT) }
                option value="emergency" { (words::SHOWN_OVER_ALL) }
            }
        }))
        (field("message-seconds", words::SHOWN_FOR, None, &html! {
            select id="message-seconds" name="seconds" {
                @for (seconds, name) in SPANS { option value=(seconds) { (name) } }
            }
        }))
        button.act.wide { (words::MESSAGE_DO) }
    };
    let form = form(edge, "message", &inside)?;
    Ok(html! {
        details.ask {
            summary.small { (words::MESSAGE) }
            div.question { p { (words::MESSAGE_ASK) } (form) }
        }
    })
}

fn service_form(edge: EdgeId, services: &[(ServiceId, String)]) -> AdminResult<Markup> {
    let inside = html! {
        div.line {
            (services_field("service-set", services))
            (field("service-open", words::FROM_NOW_ON, None, &html! {
                select id="service-open" name="open" {
                    option value="closed" { (words::SERVICE_CLOSED) }
                    option value="open" { (words::SERVICE_OPEN) }
                    option value="by_hours" { (words::SERVICE_BY_HOURS) }
                }
            }))
            button { (words::SERVICE_SET) }
        }
    };
    form(edge, "service", &inside)
}

fn ticket_form(edge: EdgeId, services: &[(ServiceId, String)]) -> AdminResult<Markup> {
    let inside = html! {
        div.line {
            (services_field("ticket-service", services))
            (field("ticket-lang", words::LANGUAGE, None, &html! {
                select id="ticket-lang" name="lang" {
                    @for lang in Lang::ALL { option value=(lang.tag()) { (words::language(lang)) } }
                }
            }))
            button { (words::TICKET_ISSUE) }
        }
    };
    form(edge, "ticket", &inside)
}

fn services_field(id: &str, services: &[(ServiceId, String)]) -> Markup {
    field(
        id,
        words::SERVICE,
        None,
        &html! {
            select id=(id) name="service" {
                @for (service, name) in services { option value=(service) { (name) } }
            }
        },
    )
}
