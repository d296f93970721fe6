//! What an unpaired screen shows: six digits, and where to type them. Also without script, and in an old browser.

use super::{ScreenKind, registry::PairingProgress};
use crate::{
    LanRoutes, LanState, RouteAccess,
    layout::PageShell,
    problem::Problem,
    request::{self, CookieLifetime},
    words,
};
use axum::{
    extract::{Path, State},
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};
use protocol::Lang;

/// The cookie a screen asks with until it is paired.
const COOKIE: &str = "ostona-pairing";

pub(crate) fn routes(lan: &LanState) -> LanRoutes<LanState> {
    LanRoutes::new(lan)
        .route("/pair/{kind}", RouteAccess::Anybody, get(show))
        .route("/pair/{kind}/standing", RouteAccess::Anybody, get(progress))
}

async fn show(
    State(lan): State<LanState>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let kind = known(&lan, &kind)?;
    let secret = request::cookie(&headers, COOKIE);
    if let Some(secret) = secret
        && let PairingProgress::Paired(token) = lan.pairing().progress(kind, secret)
    {
        return let_in(kind, &token, Redirect::to(kind.path).into_response());
    }
    let shown = lan.pairing().show(kind, secret, request::peer(&extensions))?;
    let mut response = page(kind, &shown.code).into_response();
    let cookie = request::set_cookie(COOKIE, &shown.secret, "/pair", CookieLifetime::Session)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// 204: not yet. 200: paired, and the cookie is here. 410: a new code is needed.
async fn progress(
    State(lan): State<LanState>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = known(&lan, &kind)?;
    let progress = request::cookie(&headers, COOKIE).map(|secret| lan.pairing().progress(kind, secret));
    match progress {
        Some(PairingProgress::Paired(token)) => let_in(kind, &token, StatusCode::OK.into_response()),
        Some(PairingProgress::Waiting) => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(PairingProgress::Expired) | None => Err(Problem::new(
            StatusCode::GONE,
            "urn:ostona:expired",
            "Too old",
            "The code is no longer good. Load the page again for a new one.",
        )),
    }
}

fn known(lan: &LanState, word: &str) -> Result<&'static ScreenKind, Problem> {
    let kinds = lan.pairing().kinds();
    kinds.iter().find(|kind| kind.word == word).copied().ok_or_else(|| {
        let words: Vec<_> = kinds.iter().map(|kind| kind.word).collect();
        let detail = format!("No screen is paired as that, but as one of: {}.", words.join(", "));
        Problem::not_found(detail)
    })
}

fn let_in(kind: &ScreenKind, token: &str, mut response: Response) -> Result<Response, Problem> {
    for cookie in [
        request::set_cookie(kind.cookie, token, kind.path, CookieLifetime::Always)?,
        request::set_cookie(COOKIE, "", "/pair", CookieLifetime::Never)?,
    ] {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn page(kind: &ScreenKind, code: &str) -> Markup {
    let shell = PageShell {
        lang: Lang::default(),
        title: words::pair_title(Lang::default()),
        area: "pair",
        scripts: &["pair.js"],
    };
    let (left, right) = code.split_at_checked(3).unwrap_or((code, ""));
    shell.render(&html! {
        noscript { meta http-equiv="refresh" content="5"; }
        main data-kind=(kind.word) {
            p.kind { ((kind.name)(Lang::default())) }
            h1.code aria-label=(code) { span { (left) } " " span { (right) } }
            ul {
                @for lang in Lang::ALL {
                    li lang=(lang) { strong { (words::pair_enter_code(lang)) } " " span { (words::pair_expires(lang)) } }
                }
            }
        }
    })
}
