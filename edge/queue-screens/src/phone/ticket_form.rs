//! `/q`: taking a ticket on one's own phone, on the branch's network. A service, a touch, and the ticket's page.

use super::{PhoneRefusal, limits::PhoneLimit};
use crate::QueueRefusal;
use crate::{
    ScreensState,
    live_feed::{BranchSnapshot, Opening, ServiceState},
    ticket_issue::{self, TicketOrder},
    words,
};
use axum::{
    extract::{Query, State},
    http::{Extensions, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use edge_lan::{
    ClientNetwork,
    layout::PageShell,
    local_time,
    request::{self, FormFields},
};
use edge_queue::{Queue, Refusal};
use maud::{Markup, html};
use protocol::{Actor, Lang, Timestamp, id::TicketId, queue::Source};
use serde::Deserialize;
use tokio::time::Instant;

/// The language somebody chose.
#[derive(Debug, Deserialize)]
pub(super) struct PhoneQuery {
    lang: Option<Lang>,
}

pub(super) async fn choose(
    State(state): State<ScreensState>,
    Query(of): Query<PhoneQuery>,
) -> Result<Markup, PhoneRefusal> {
    let picture = state.screens.live.fresh().await;
    Ok(page(&picture, of.lang.unwrap_or_else(|| picture.first_lang()), None))
}

pub(super) async fn take(
    State(state): State<ScreensState>,
    Query(of): Query<PhoneQuery>,
    extensions: Extensions,
    fields: FormFields,
) -> Result<Response, PhoneRefusal> {
    let picture = state.screens.live.fresh().await;
    let lang = of.lang.unwrap_or_else(|| picture.first_lang());
    let again = |said: &str| (StatusCode::CONFLICT, page(&picture, lang, Some(said)));
    let Some(service) = fields.read("service") else {
        return Ok(again(words::choose_service(lang)).into_response());
    };
    let queue = state.port.read::<Queue>().await?;
    let branch = queue.setup.branch.as_ref();
    let online = branch.map_or(0, |branch| branch.draft().rules.online_tickets_waiting());
    let is_open = |ticket: &TicketId| queue.state.ticket(ticket).is_some_and(|ticket| !ticket.is_over());
    let network = ClientNetwork::of(request::peer(&extensions));
    let permit = state
        .screens
        .phone_tickets
        .permit(network, online, is_open, Instant::now());
    let permit = match permit {
        Ok(permit) => permit,
        Err(PhoneLimit::Rate(_)) => return Err(PhoneRefusal::TooMany),
        Err(PhoneLimit::Open) => {
            let page = page(&picture, lang, Some(words::phone_take_in_hall(lang)));
            return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
        }
    };
    let order = TicketOrder {
        service,
        source: Source::Online,
        lang,
    };
    match ticket_issue::issue(&state, Actor::Edge, order).await {
        Ok(issued) => {
            permit.given(issued.ticket);
            Ok(Redirect::to(&format!("/t/{}", issued.token.as_str())).into_response())
        }
        Err(QueueRefusal::Refused(Refusal::TooManyOnline { .. })) => {
            Ok(again(words::phone_take_in_hall(lang)).into_response())
        }
        Err(QueueRefusal::Refused(_)) => Ok(again(words::phone_not_now(lang)).into_response()),
        Err(QueueRefusal::Kernel(refusal)) => Err(refusal.into()),
    }
}

fn page(picture: &BranchSnapshot, lang: Lang, said: Option<&str>) -> Markup {
    let branch = picture.branch.as_ref();
    let name = branch.map_or("Ostona", |branch| branch.draft().name.get(lang));
    let langs: &[Lang] = branch.map_or(&[], |branch| &branch.draft().languages);
    let shell = PageShell {
        lang,
        title: name,
        area: "phone",
        scripts: &[],
    };
    shell.render(&html! {
        main {
            h1 { (name) }
            @if let Some(said) = said { p.said role="alert" { (said) } }
            div.card {
                p.state { (words::choose_service(lang)) }
                form method="post" action=(format!("/q?lang={lang}")) {
                    @for standing in &picture.services { (service(picture, standing, lang)) }
                }
                @if picture.services.is_empty() { p { (words::not_set_up(lang)) } }
            }
            ul.languages { @for other in langs { li { a lang=(other) href=(format!("/q?lang={other}")) { (words::name_of(*other)) } } } }
        }
    })
}

fn service(picture: &BranchSnapshot, standing: &ServiceState, lang: Lang) -> Markup {
    let name = picture.service_name(&standing.id, lang);
    match standing.open {
        Opening::Now => html! {
            button.choice name="service" value=(standing.id) {
                span { (name) }
                small {
                    @if standing.waiting == 0 { (words::nobody_waits(lang)) } @else { (words::waiting(lang, standing.waiting)) }
                    @if let Some(wait) = standing.wait { br; (words::minutes_range(lang, wait.lo_min.into(), wait.hi_min.into())) }
                }
            }
        },
        Opening::At(opens) => html! {
            button.choice disabled { span { (name) } small { (closed(picture, opens, lang)) } }
        },
    }
}

fn closed(picture: &BranchSnapshot, opens: Option<Timestamp>, lang: Lang) -> String {
    match opens {
        Some(moment) => words::opens_at(lang, local_time::time(moment, picture.moment.offset_seconds)),
        None => words::closed_now(lang).to_owned(),
    }
}
