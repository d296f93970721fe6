//! The routes of the port, its own and the areas', and what every answer carries.
//!
//! A page may load what this box serves, and nothing from another address.

use crate::{LanState, admin, assets, calls, date, health, local_ingest, pairing, problem, push, request, status};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};

/// Longest push: an event with a picture.
const PUSH_BYTES: usize = 4 << 20;
/// Longest report of a local agent.
const LOCAL_BYTES: usize = 1 << 20;

/// Everything the port answers.
pub fn routes(state: &LanState) -> Router {
    let own = Router::new()
        .route("/", get(status::status))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .route(
            protocol::lan::EVENTS_PATH,
            post(local_ingest::events).layer(DefaultBodyLimit::max(LOCAL_BYTES)),
        )
        .route(
            "/push/{device}/{token}",
            post(push::take).layer(DefaultBodyLimit::max(PUSH_BYTES)),
        )
        .merge(assets::routes(state))
        .merge(pairing::routes())
        .merge(admin::routes())
        .merge(device_calls(state))
        .with_state(state.clone());
    let areas = state.inner().areas.iter();
    areas
        .fold(own, |router, area| router.merge((area.routes)(state)))
        .fallback(problem::not_found)
        .layer(middleware::from_fn(secure))
        .layer(middleware::from_fn_with_state(state.clone(), date::stamp))
}

/// Where devices call that only ever call.
fn device_calls(state: &LanState) -> Router<LanState> {
    state.inner().calls.routes.iter().fold(Router::new(), |router, route| {
        let route = *route;
        let take = any(move |state, request| calls::take(route, state, request));
        let path = format!("/{}/{{*rest}}", route.prefix);
        router.route(&path, take.layer(DefaultBodyLimit::max(calls::CALL_BYTES)))
    })
}

/// What a page may load: what this box serves, and no script or style inside the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

async fn secure(request: Request, next: Next) -> Response {
    let is_settings = ["/admin", "/setup"]
        .iter()
        .any(|path| request.uri().path().starts_with(path));
    let response = if request::is_from_elsewhere(&request) {
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
