//! The kiosk: somebody takes a ticket with a few touches. Every screen is drawn here and shown by a small script.
//!
//! Nothing of a visit stays on the kiosk, in an address, or here once it is over. A number that was shown is on disk.

mod choose;
mod details;
mod face;
mod flow;
mod frame;
mod look;
mod printing;
mod ticket;
mod visit;

pub(crate) use visit::Visits;

use crate::{
    House,
    layout::Shell,
    pairing::{Kiosk, Paired},
    problem::Problem,
    request::Fields,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use flow::{Act, Kiosking};
use maud::html;
use protocol::Lang;
use visit::{Turn, VisitNumber};

pub(crate) fn routes() -> Router<House> {
    Router::new()
        .route("/kiosk", get(page))
        .route("/kiosk/alive", get(alive))
        .route("/kiosk/step", post(step))
}

async fn page(State(house): State<House>, _: Paired<Kiosk>) -> Result<Response, Problem> {
    let look = look::look(&house, None).await?;
    let shell = Shell {
        lang: look.lang,
        title: "Ostona",
        area: "kiosk",
        scripts: &["kiosk.js"],
    };
    let body = html! {
        header.brand { span { (look.branch_name()) } }
        main id="stage" data-face=(face::mark(&look)) data-lang=(look.lang) { (face::face(&look, &look.clock)) }
        (face::moment())
    };
    Ok(shell.around(&body).into_response())
}

/// What time it is, and a mark that changes with the first screen.
async fn alive(State(house): State<House>, _: Paired<Kiosk>) -> Result<String, Problem> {
    let look = look::look(&house, None).await?;
    Ok(format!("{} {}", look.clock, face::mark(&look)))
}

/// One touch: `visit`, `lang`, `turn`, `do` and `value`; the screen it leads to.
async fn step(
    State(house): State<House>,
    paired: Paired<Kiosk>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let screen = &paired.0;
    let number: VisitNumber = fields.read("visit").ok_or_else(not_understood)?;
    if fields.text("do") == "end" {
        house.visits.end(&screen.id, &number);
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let lang: Lang = fields.read("lang").ok_or_else(not_understood)?;
    let turn: u32 = fields.read("turn").ok_or_else(not_understood)?;
    let act = Act::read(fields.text("do"), fields.text("value")).ok_or_else(not_understood)?;
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let kiosking = Kiosking {
        house: &house,
        screen: &screen.id,
        host,
    };
    let (mut visit, state) = house.visits.find(&screen.id, &number, lang, turn);
    let note = match state {
        Turn::New => kiosking.take(&mut visit, act).await?,
        Turn::Done => None,
    };
    let shown = kiosking.show(&mut visit, note).await?;
    house.visits.keep(&screen.id, visit);
    Ok(shown.into_response())
}

fn not_understood() -> Problem {
    let detail = "A step of a visit is not what the kiosk's page sends.";
    Problem::new(StatusCode::BAD_REQUEST, "urn:ostona:bad-body", "Not understood", detail)
}
