//! The administrators' half of the relay: the REST API under `/api/v1`, its description, and the console's foundation.
//!
//! Deny by default: a handler that takes no [`caller::Caller`] is `auth/login`, `auth/refresh` or the description
//! itself, and nothing reaches an organisation's things except through a [`caller::Tenant`].

pub mod accounts;
pub mod auth;
pub mod bookings;
pub mod caller;
pub mod commands;
pub mod devices;
pub mod documents;
pub mod edges;
pub mod events;
pub mod extract;
pub mod first_use;
pub mod headers;
pub mod orgs;
pub mod page;
pub mod password;
pub mod problem;
pub mod queue;
pub mod rate;
pub mod role;
pub mod series;
pub mod sign_in;
pub mod target;
pub mod token;
pub mod totp;

use crate::{app::App, console, live, phone};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::HeaderMap,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use password::{PasswordError, Passwords};
use problem::{Answer, Kind, Problem, ProblemBody};
use rate::{Counted, RateLimits, Rates};
use std::sync::Arc;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// What every handler of this half works with.
#[derive(Debug)]
pub struct Admin {
    /// The relay's wiring.
    pub app: Arc<App>,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Counts requests per address.
    pub rates: RateLimits,
    /// The API's description, as served.
    pub description: String,
}

/// Why this half cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No password can be hashed here.
    #[error("cannot prepare the passwords")]
    Passwords(#[source] PasswordError),
    /// The API's description cannot be written.
    #[error("cannot write the API's description")]
    Description(#[source] serde_json::Error),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ostona cloud", version = "1",
        description = "Administrators' API. Sign in at `/api/v1/auth/login`. A platform account says whose things it \
            means with the header `ostona-org` or `org` in the query. Times are RFC 3339 in UTC. Every refusal is \
            problem+json (RFC 9457) with a stable `type`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody)),
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
fn v1() -> (Router<Arc<Admin>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::new()
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(auth::password))
        .routes(routes!(auth::mfa_setup))
        .routes(routes!(auth::mfa_verify))
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::audit))
        .routes(routes!(accounts::platform_audit))
        .routes(routes!(orgs::list, orgs::create))
        .routes(routes!(orgs::sites, orgs::create_site))
        .routes(routes!(orgs::enrolment_codes, orgs::create_enrolment_code))
        .routes(routes!(edges::list))
        .routes(routes!(edges::get))
        .routes(routes!(edges::release))
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
        .routes(routes!(commands::list))
        .routes(routes!(commands::get))
        .routes(routes!(events::list))
        .routes(routes!(bookings::list, bookings::create))
        .routes(routes!(queue::report))
        .routes(routes!(queue::report_csv))
        .routes(routes!(live::stream))
        .split_for_parts()
}

/// The API's description (OpenAPI 3.1), made from the handlers.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi().nest("/api/v1", v1().1)
}

impl Admin {
    /// Prepares this half with the address limits that the settings give.
    pub fn new(app: Arc<App>, rates: Rates) -> Result<Arc<Self>, AdminError> {
        let passwords = Passwords::new().map_err(AdminError::Passwords)?;
        let description = description().to_pretty_json().map_err(AdminError::Description)?;
        Ok(Arc::new(Self {
            app,
            passwords,
            rates: RateLimits::new(rates),
            description,
        }))
    }
}

/// Every route for administrators: REST, its description, console.
pub fn router(admin: Arc<Admin>) -> Router {
    let v1 = v1()
        .0
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(extract::MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), limit));
    Router::new()
        .nest("/api/v1", v1)
        .route("/openapi.json", get(serve_description))
        .merge(console::routes(&admin))
        .merge(phone::routes())
        .layer(middleware::map_response(headers::guard))
        .with_state(admin)
}

async fn serve_description(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    (
        [(http::header::CONTENT_TYPE, "application/json")],
        admin.description.clone(),
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

/// Counts every request of an address.
pub async fn limit(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match admin.rates.take(Counted::Request, caller::address(&parts)) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

/// A 201 with where the new thing is.
pub(crate) fn created<T: serde::Serialize>(location: &str, body: T) -> Answer<Response> {
    let mut headers = HeaderMap::new();
    let location = http::HeaderValue::from_str(location);
    let location = location.map_err(|error| Problem::internal("Writing where the new thing is", &error))?;
    headers.insert(http::header::LOCATION, location);
    Ok((http::StatusCode::CREATED, headers, Json(body)).into_response())
}

#[cfg(test)]
pub(crate) mod tests;
