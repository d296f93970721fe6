//! Agreed times of a branch: the list, and a form that makes one. The six digits are shown once.

use super::{
    icon::{self, Mood},
    layout::{Tab, Viewer, empty, field, page},
    session::{Member, Turned},
    when, words,
};
use crate::admin::{
    bookings::{self, BookingMade, BookingWish},
    caller::Tenant,
    documents, edges,
    problem::{Answer, Problem},
};
use axum::{
    Form,
    extract::Path,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use protocol::{EdgeId, Lang, Timestamp, id::ServiceId, queue::Branch};
use serde::Deserialize;

/// What somebody types: a service, and a time by the clock on the wall in Tashkent.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    service: ServiceId,
    at: String,
}

/// What became of the last wish.
enum Said {
    Nothing,
    Made(BookingMade),
    Refused(Problem),
}

/// The page.
pub(super) async fn show(member: Member, Path(edge): Path<String>) -> Result<Markup, Turned> {
    Ok(shown(&member, parsed(&edge)?, &Said::Nothing).await?)
}

/// Agrees a time.
pub(super) async fn book(member: Member, Path(edge): Path<String>, Form(wish): Form<Wish>) -> Result<Response, Turned> {
    let edge = parsed(&edge)?;
    let wish = BookingWish {
        service: wish.service,
        // What the browser's field gives, with the offset of the sites' wall clocks.
        at: format!("{}:00+05:00", wish.at),
    };
    match bookings::book(&member.tenant, edge, &wish).await {
        Ok(made) => Ok(shown(&member, edge, &Said::Made(made)).await?.into_response()),
        Err(problem) => {
            let status = problem.kind().status();
            let page = shown(&member, edge, &Said::Refused(problem)).await?;
            Ok((status, page).into_response())
        }
    }
}

async fn shown(member: &Member, edge: EdgeId, said: &Said) -> Answer<Markup> {
    let tenant = &member.tenant;
    let known = edges::known(tenant, edge).await?;
    let all = bookings::all(tenant, edge).await?;
    let services = services(tenant, edge).await?;
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } " / " a href={ "/edges/" (edge) } { (known.name) } }
        div.head { div { h1 { (words::BOOKINGS) } p { (words::BOOKINGS_LEAD) } } }
        @match said {
            Said::Nothing => {},
            Said::Made(made) => (icon::note(Mood::Good, &format!("{} {}", words::BOOKING_CODE, made.code))),
            Said::Refused(problem) => (icon::note(Mood::Bad, problem.detail())),
        }
        section.sheet {
            header { h2 { (words::BOOK) } }
            div.in { (form(edge, &services)) }
        }
        section.sheet {
            @if all.is_empty() { (empty(words::NO_BOOKINGS_TITLE, words::NO_BOOKINGS, &html! {})) } @else {
                table {
                    thead { tr { th { (words::TIME) } th { (words::SERVICE) } } }
                    tbody {
                        @for booking in &all {
                            tr {
                                td data-label=(words::TIME) { (moment(&booking.at)) }
                                td data-label=(words::SERVICE) { (booking.service) }
                            }
                        }
                    }
                }
            }
        }
    };
    let login = tenant.caller.account().login.clone();
    let viewer = Viewer {
        login: login.as_str(),
        tab: Tab::Home,
    };
    Ok(page(viewer, words::BOOKINGS, None, &content))
}

fn form(edge: EdgeId, services: &[(ServiceId, String)]) -> Markup {
    html! {
        @if services.is_empty() { p.soft { (words::NOT_PUBLISHED) } } @else {
            form method="post" action={ "/edges/" (edge) "/bookings" } {
                (field("service", words::SERVICE, None, &html! {
                    select id="service" name="service" {
                        @for (id, name) in services { option value=(id) { (name) } }
                    }
                }))
                (field("at", words::TIME, Some(words::BOOKING_TIME_HINT), &html! {
                    input id="at" name="at" type="datetime-local" required aria-describedby="at-hint";
                }))
                button { (words::BOOK) }
            }
        }
    }
}

async fn services(tenant: &Tenant, edge: EdgeId) -> Answer<Vec<(ServiceId, String)>> {
    let branch = documents::latest(tenant, edge, bookings::named(bookings::BRANCH)?).await;
    let branch = branch
        .ok()
        .and_then(|found| serde_json::from_value::<Branch>(found.document.body).ok());
    let services = branch.iter().flat_map(|branch| &branch.draft().services);
    Ok(services
        .map(|service| (service.id.clone(), service.name.get(Lang::En).to_owned()))
        .collect())
}

fn moment(at: &str) -> Markup {
    match Timestamp::from_rfc3339(at) {
        Some(at) => when::moment(at),
        None => html! { (at) },
    }
}

fn parsed(id: &str) -> Answer<EdgeId> {
    id.parse().map_err(|_| Problem::not_found("edge"))
}
