//! The routes of the port, its own and the areas', and what every answer carries.
//!
//! A page may load what this box serves, and nothing from another address.

use crate::{
    LanRoutes, LanState, RouteAccess, admin, area, assets, calls, date, health, local_ingest, pairing, problem, push,
    request, status,
};
use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use std::net::SocketAddr;

/// Longest query: a page's few words, or what a device calls with.
const QUERY: usize = 2048;

/// Everything the port answers.
pub fn routes(state: &LanState) -> Router {
    listed(state)
        .router()
        .fallback(problem::not_found)
        .layer(middleware::from_fn_with_state(state.clone(), secure))
        .layer(axum::Extension(state.inner().bodies.clone()))
        .layer(middleware::from_fn_with_state(state.clone(), name_client))
        .layer(middleware::from_fn_with_state(state.clone(), date::stamp))
}

/// Every route, with who may reach it.
pub fn listed(state: &LanState) -> LanRoutes {
    use RouteAccess::{Anybody, Device};
    let own = LanRoutes::new(state)
        .route("/", Anybody, get(status::status))
        .route("/health", Anybody, get(health::health))
        .route("/metrics", Anybody, get(health::metrics))
        .route(area::DEVICES.address, RouteAccess::Admin, get(status::devices))
        .route(protocol::lan::EVENTS_PATH, Device, post(local_ingest::events))
        .route("/push/{device}/{token}", Device, post(push::take))
        .merge(assets::routes(state))
        .merge(pairing::routes(state))
        .merge(admin::routes(state))
        .merge(device_calls(state))
        .with_state(state.clone());
    let areas = state.inner().areas.iter();
    areas.fold(own, |routes, area| routes.merge((area.routes)(state)))
}

/// Where devices call that only ever call.
fn device_calls(state: &LanState) -> LanRoutes<LanState> {
    let routes = state.inner().calls.routes.iter();
    routes.fold(LanRoutes::new(state), |routes, route| {
        let route = *route;
        let take = any(move |state, request| calls::take(route, state, request));
        routes.route(format!("/{}/{{*rest}}", route.prefix), RouteAccess::Device, take)
    })
}

/// What a page may load: what this box serves, and no script or style inside the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Whoever a trusted proxy speaks for is who asks, in limits, locks and records alike.
async fn name_client(State(lan): State<LanState>, mut request: Request, next: Next) -> Response {
    let proxies = &lan.inner().proxies;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    if let Some(peer) = peer
        && proxies.trusted.trusts(peer.ip())
    {
        let client = SocketAddr::new(proxies.client(peer.ip(), request.headers()), peer.port());
        request.extensions_mut().insert(ConnectInfo(client));
    }
    next.run(request).await
}

/// Whether a request names this box. One that names none is no browser's.
fn is_asked_by_name(lan: &LanState, request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    host.is_none_or(|host| host.to_str().is_ok_and(|host| lan.inner().names.include(host)))
}

async fn secure(State(lan): State<LanState>, request: Request, next: Next) -> Response {
    let is_settings = ["/admin", "/setup"]
        .iter()
        .any(|path| request.uri().path().starts_with(path));
    let query = request.uri().query().map_or(0, str::len);
    let response = if query > QUERY {
        let detail = "The address is longer than any of this box's pages and devices.";
        problem::Problem::new(StatusCode::URI_TOO_LONG, "urn:ostona:too-long", "Too long", detail).into_response()
    } else if !is_asked_by_name(&lan, &request) {
        let detail = "This box is not called that. Use its address, or add the name to its settings.";
        let kind = "urn:ostona:unknown-host";
        problem::Problem::new(StatusCode::MISDIRECTED_REQUEST, kind, "Not this box", detail).into_response()
    } else if request::is_from_elsewhere(&request) {
        let detail = "This request comes from a page of another site.";
        problem::Problem::new(StatusCode::FORBIDDEN, "urn:ostona:not-yours", "Not from here", detail).into_response()
    } else {
        next.run(request).await
    };
    let mut response = problem::as_problem(response);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The browser names the settings' pages to themselves: a form of a page it does not name is refused.
    let referrer = if is_settings { "same-origin" } else { "no-referrer" };
    for (name, value) in [(header::REFERRER_POLICY, referrer), (header::CACHE_CONTROL, "no-store")] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
