//! The console: server-rendered pages for administrators, useful without a script and live with one.
//!
//! A page does what the REST API does, through the same use cases; it never has rights or data of its own. Nothing is
//! loaded from elsewhere, and a form is taken only from the console's own origin.

mod assets;
mod bookings_page;
mod branch_page;
mod device_page;
mod edge_page;
mod event_row;
mod events_page;
mod home;
mod icon;
mod layout;
mod outcome;
mod people_page;
mod queue_page;
mod security;
mod session;
mod sign_in_page;
mod site_page;
mod state;
mod stream;
mod time_format;
mod words;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    response::Response,
    routing::{get, post},
};
use cloud_admin::AdminContext;
use cloud_http::{PublicScheme, PublicUrl, client::limit};
use http::StatusCode;
use layout::refused_page;
use state::Console;
use std::sync::Arc;

const LARGEST_FORM: usize = 256 << 10;

/// The console's routes.
pub fn router(admin: Arc<AdminContext>, scheme: PublicScheme, public_url: Option<PublicUrl>) -> Router {
    let console = Console {
        admin: Arc::clone(&admin),
        scheme,
        public_url,
    };
    let limit = middleware::from_fn_with_state(admin, limit);
    Router::new()
        .route("/", get(home::show))
        .route("/login", get(sign_in_page::show).post(sign_in_page::submit))
        .route("/logout", post(sign_in_page::leave))
        .route(
            "/password",
            get(security::show_password).post(security::change_password),
        )
        .route("/security", get(security::show))
        .route("/security/mfa", post(security::begin_mfa))
        .route("/security/mfa/confirm", post(security::confirm_mfa))
        .route("/orgs", post(home::make_org))
        .route("/orgs/choose", post(home::choose_org))
        .route("/people", get(people_page::show))
        .route("/people/{of}", post(people_page::add))
        .route("/people/{id}/role", post(people_page::change_role))
        .route("/people/{of}/{id}/{change}", post(people_page::change))
        .route("/sites", post(home::make_site))
        .route("/sites/{id}/enrolment-codes", post(home::make_code))
        .route("/edges/release", post(home::release_all))
        .route("/edges/{id}", get(edge_page::show))
        .route("/edges/{id}/release", post(edge_page::release))
        .route("/edges/{id}/revoke", post(edge_page::revoke))
        .route("/edges/{id}/ask", post(site_page::ask))
        .route("/edges/{id}/queue", get(branch_page::show).post(branch_page::publish))
        .route(
            "/edges/{id}/bookings",
            get(bookings_page::show).post(bookings_page::book),
        )
        .route("/edges/{id}/bookings/{booking}/withdraw", post(bookings_page::withdraw))
        .route("/devices/{id}", get(device_page::show))
        .route("/devices/{id}/open", post(device_page::open))
        .route("/commands", get(events_page::commands))
        .route("/commands/{id}/outcome", get(outcome::fragment))
        .route("/events", get(events_page::events))
        .route("/queue", get(queue_page::show))
        .route("/queue.csv", get(queue_page::file))
        .route("/live", get(stream::live))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn_with_state(console.clone(), session::own_origin))
        .layer(limit)
        .route("/assets/console.css", get(assets::style))
        .route("/assets/console.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .fallback(nowhere)
        .with_state(console)
}

async fn nowhere() -> Response {
    refused_page(StatusCode::NOT_FOUND, words::NOWHERE_TITLE, words::NOWHERE)
}
