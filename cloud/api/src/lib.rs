//! The REST API under `/api/v1`, and its description: what requests say becomes a use case's arguments, what it gives becomes JSON.
//!
//! Deny by default: a handler that takes no `Caller` is `auth/login`, `auth/refresh` or the description itself, and
//! nothing reaches an organisation's things except through a `Tenant`. Nothing is decided here.

mod accounts;
mod auth;
mod bookings;
mod caller;
mod commands;
mod devices;
mod documents;
mod edges;
mod events;
mod extract;
mod live;
mod orgs;
mod page;
mod queue;
mod refusals;
mod registers;
mod result;
mod role;
mod series;
mod state;
mod wire_time;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    response::IntoResponse,
    routing::get,
};
use cloud_admin::AdminContext;
use cloud_http::{Kind, Problem, client::limit, problem::ProblemBody};
use state::Api;
use std::sync::Arc;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ostona cloud", version = "1",
        description = "Administrators' API. Sign in at `/api/v1/auth/login`. A platform account says whose things it \
            means with the header `ostona-org` or `org` in the query. Times are RFC 3339 in UTC. Every refusal is \
            problem+json (RFC 9457) with a stable `type`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody, accounts::AccountChangeName)),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The REST API's routes and their description.
fn v1() -> (Router<Api>, utoipa::openapi::OpenApi) {
    OpenApiRouter::new()
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(auth::password))
        .routes(routes!(auth::mfa_setup))
        .routes(routes!(auth::mfa_verify))
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::change))
        .routes(routes!(accounts::change_role))
        .routes(routes!(accounts::list_platform, accounts::create_platform))
        .routes(routes!(accounts::change_platform))
        .routes(routes!(accounts::audit))
        .routes(routes!(accounts::platform_audit))
        .routes(routes!(orgs::list, orgs::create))
        .routes(routes!(orgs::sites, orgs::create_site))
        .routes(routes!(orgs::enrolment_codes, orgs::create_enrolment_code))
        .routes(routes!(edges::list))
        .routes(routes!(edges::get))
        .routes(routes!(edges::release))
        .routes(routes!(edges::release_all))
        .routes(routes!(edges::revoke))
        .routes(routes!(edges::gaps))
        .routes(routes!(documents::list))
        .routes(routes!(documents::get, documents::put, documents::delete))
        .routes(routes!(documents::versions))
        .routes(routes!(devices::list, devices::register))
        .routes(routes!(devices::get, devices::delete))
        .routes(routes!(devices::status))
        .routes(routes!(devices::config, devices::put_config))
        .routes(routes!(events::device_logs))
        .routes(routes!(series::of_device))
        .routes(routes!(series::of_edge))
        .routes(routes!(commands::of_device, commands::create))
        .routes(routes!(commands::act))
        .routes(routes!(commands::create_for_site))
        .routes(routes!(commands::list))
        .routes(routes!(commands::get))
        .routes(routes!(events::list))
        .routes(routes!(bookings::list, bookings::create))
        .routes(routes!(bookings::withdraw))
        .routes(routes!(registers::list))
        .routes(routes!(queue::report))
        .routes(routes!(queue::report_csv))
        .routes(routes!(live::stream))
        .split_for_parts()
}

/// The API's description (OpenAPI 3.1), made from the handlers.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi().nest("/api/v1", v1().1)
}

/// The API's routes. Fails where the description cannot be written.
pub fn router(admin: Arc<AdminContext>) -> Result<Router, serde_json::Error> {
    let description = description().to_pretty_json()?.into();
    let limit = axum::middleware::from_fn_with_state(Arc::clone(&admin), limit);
    let v1 = v1()
        .0
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(extract::MAX_BODY))
        .layer(limit);
    Ok(Router::new()
        .nest("/api/v1", v1)
        .route("/openapi.json", get(serve_description))
        .with_state(Api { admin, description }))
}

async fn serve_description(State(api): State<Api>) -> impl IntoResponse {
    (
        [(http::header::CONTENT_TYPE, "application/json")],
        api.description.to_string(),
    )
}

async fn no_such_path() -> Problem {
    Problem::new(Kind::NotFound, "There is no such path; /openapi.json lists them all.")
}

async fn no_such_method() -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        "This path knows other methods; /openapi.json lists them.",
    )
}

#[cfg(test)]
mod tests;
