//! Agreed times of a branch: the list, a form that makes one, and one that withdraws it. The six digits are shown once.

use crate::{
    icon::{self, Severity},
    layout::{Tab, Viewer, empty, field, page},
    session::{OrgUser, PageRefusal},
    time_format, words,
};
use axum::{
    Form,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use cloud_admin::{
    AdminError, AdminResult,
    bookings::{self, CreatedBooking},
    caller::Tenant,
    edges,
};
use cloud_http::Problem;
use maud::{Markup, html};
use protocol::{EdgeId, Lang, Timestamp, id::ServiceId, queue::Booking};
use serde::Deserialize;

/// What somebody types: a service, and a time by the clock on the wall in Tashkent.
#[derive(Debug, Deserialize)]
pub(crate) struct BookingForm {
    service: ServiceId,
    at: String,
}

/// What became of the last form.
enum LastBooking {
    Nothing,
    Made(CreatedBooking),
    Refused(Problem),
}

/// The page.
pub(crate) async fn show(member: OrgUser, Path(edge): Path<String>) -> Result<Markup, PageRefusal> {
    Ok(shown(&member, parsed(&edge)?, &LastBooking::Nothing).await?)
}

/// Agrees a time.
pub(crate) async fn book(
    member: OrgUser,
    Path(edge): Path<String>,
    Form(typed): Form<BookingForm>,
) -> Result<Response, PageRefusal> {
    let edge = parsed(&edge)?;
    // What the browser's field gives, with the offset of the sites' wall clocks.
    let at = Timestamp::from_rfc3339(&format!("{}:00+05:00", typed.at));
    match bookings::create(&member.tenant, edge, &typed.service, at).await {
        Ok(made) => Ok(shown(&member, edge, &LastBooking::Made(made)).await?.into_response()),
        Err(error) => {
            let problem = Problem::from(error);
            let status = problem.kind().status();
            let page = shown(&member, edge, &LastBooking::Refused(problem)).await?;
            Ok((status, page).into_response())
        }
    }
}

/// A booking's path: edge and booking.
#[derive(Debug, Deserialize)]
pub(crate) struct WithdrawalPath {
    id: String,
    booking: String,
}

/// Withdraws a booking: its digits let nobody in any more, once the box has heard of it.
pub(crate) async fn withdraw(member: OrgUser, Path(path): Path<WithdrawalPath>) -> Result<Redirect, PageRefusal> {
    let edge = parsed(&path.id)?;
    let booking = path.booking.parse().map_err(|_| AdminError::not_found("booking"))?;
    bookings::withdraw(&member.tenant, edge, booking).await?;
    Ok(Redirect::to(&format!("/edges/{edge}/bookings")))
}

async fn shown(member: &OrgUser, edge: EdgeId, said: &LastBooking) -> AdminResult<Markup> {
    let tenant = &member.tenant;
    let known = edges::known(tenant, edge).await?;
    let all = bookings::list(tenant, edge).await?;
    let services = services(tenant, edge).await?;
    let content = html! {
        p.crumbs { a href="/" { (member.org.name) } " / " a href={ "/edges/" (edge) } { (known.name) } }
        div.head { div { h1 { (words::BOOKINGS) } p { (words::BOOKINGS_LEAD) } } }
        @match said {
            LastBooking::Nothing => {},
            LastBooking::Made(made) => (icon::note(Severity::Good, &format!("{} {}", words::BOOKING_CODE, made.code.expose()))),
            LastBooking::Refused(problem) => (icon::note(Severity::Bad, problem.detail())),
        }
        section.sheet {
            header { h2 { (words::BOOK) } }
            div.in { (form(edge, &services)) }
        }
        section.sheet {
            @if all.is_empty() { (empty(words::NO_BOOKINGS_TITLE, words::NO_BOOKINGS, &html! {})) } @else {
                table {
                    thead { tr { th { (words::TIME) } th { (words::SERVICE) } th aria-label=(words::WITHDRAW) {} } }
                    tbody {
                        @for booking in &all {
                            tr {
                                td data-label=(words::TIME) { (time_format::moment(booking.at)) }
                                td data-label=(words::SERVICE) { (booking.service) }
                                td { (withdrawal(edge, booking)) }
                            }
                        }
                    }
                }
            }
        }
    };
    let viewer = Viewer::of(&tenant.caller, Tab::Home);
    Ok(page(viewer, words::BOOKINGS, None, &content))
}

/// Asked twice: the digits cannot be given again.
fn withdrawal(edge: EdgeId, booking: &Booking) -> Markup {
    html! {
        details.ask {
            summary.small { (words::WITHDRAW) }
            div.question {
                p { (words::WITHDRAW_ASK) }
                form method="post" action={ "/edges/" (edge) "/bookings/" (booking.id) "/withdraw" } {
                    button.act { (words::WITHDRAW_DO) }
                }
            }
        }
    }
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

async fn services(tenant: &Tenant, edge: EdgeId) -> AdminResult<Vec<(ServiceId, String)>> {
    let branch = bookings::branch(tenant, edge).await?;
    let services = branch.iter().flat_map(|branch| &branch.draft().services);
    Ok(services
        .map(|service| (service.id.clone(), service.name.get(Lang::En).to_owned()))
        .collect())
}

fn parsed(id: &str) -> AdminResult<EdgeId> {
    id.parse().map_err(|_| AdminError::not_found("edge"))
}
