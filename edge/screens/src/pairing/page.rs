//! What an unpaired screen shows: six digits, and where to type them. Also without script, and in an old browser.

use super::{Kind, registry::Standing};
use crate::{
    House,
    layout::Shell,
    problem::Problem,
    request::{self, Keep},
    words,
};
use axum::{
    Router,
    extract::{Path, State},
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};
use protocol::Lang;

/// The cookie a screen asks with until it is paired.
const COOKIE: &str = "ostona-pairing";

pub(crate) fn routes() -> Router<House> {
    Router::new()
        .route("/pair/{kind}", get(show))
        .route("/pair/{kind}/standing", get(standing))
}

async fn show(
    State(house): State<House>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let kind = known(&kind)?;
    let secret = request::cookie(&headers, COOKIE);
    if let Some(secret) = secret
        && let Standing::Paired(token) = house.pairing.standing(kind, secret)
    {
        return let_in(kind, &token, Redirect::to(kind.path()).into_response());
    }
    let shown = house.pairing.show(kind, secret, request::peer(&extensions))?;
    let mut response = page(kind, &shown.code).into_response();
    let cookie = request::set_cookie(COOKIE, &shown.secret, "/pair", Keep::Session)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// 204: not yet. 200: paired, and the cookie is here. 410: a new code is needed.
async fn standing(
    State(house): State<House>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = known(&kind)?;
    let standing = request::cookie(&headers, COOKIE).map(|secret| house.pairing.standing(kind, secret));
    match standing {
        Some(Standing::Paired(token)) => let_in(kind, &token, StatusCode::OK.into_response()),
        Some(Standing::Waits) => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(Standing::Expired) | None => Err(Problem::new(
            StatusCode::GONE,
            "urn:ostona:expired",
            "Too old",
            "The code is no longer good. Load the page again for a new one.",
        )),
    }
}

fn known(word: &str) -> Result<Kind, Problem> {
    let unknown = |_| Problem::not_found("Screens are paired as kiosk, desk or display.");
    word.parse().map_err(unknown)
}

fn let_in(kind: Kind, token: &str, mut response: Response) -> Result<Response, Problem> {
    for cookie in [
        request::set_cookie(kind.cookie(), token, kind.path(), Keep::Always)?,
        request::set_cookie(COOKIE, "", "/pair", Keep::Never)?,
    ] {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn page(kind: Kind, code: &str) -> Markup {
    let shell = Shell {
        lang: Lang::default(),
        title: words::pair_title(Lang::default()),
        area: "pair",
        scripts: &["pair.js"],
    };
    let (left, right) = code.split_at_checked(3).unwrap_or((code, ""));
    shell.around(&html! {
        noscript { meta http-equiv="refresh" content="5"; }
        main data-kind=(kind.word()) {
            p.kind { (kind.name(Lang::default())) }
            h1.code aria-label=(code) { span { (left) } " " span { (right) } }
            ul {
                @for lang in Lang::ALL {
                    li lang=(lang) { strong { (words::pair_enter_code(lang)) } " " span { (words::pair_expires(lang)) } }
                }
            }
        }
    })
}
