//! The routes of the relay: those of edges, those of watchers, those of people.
//!
//! Nothing that answers a request names this file.

use crate::{edges, health, state::RelayState};
use axum::{Router, middleware};
use cloud_admin::{AdminContext, AdminDependencies, password::PasswordError, rate::Rates};
use cloud_http::security_headers;
use std::sync::Arc;

/// Why the administrators' half cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// No password can be hashed here.
    #[error("cannot prepare the passwords")]
    Passwords(#[source] PasswordError),
    /// The API's description cannot be written.
    #[error("cannot write the API's description")]
    Description(#[source] serde_json::Error),
}

/// Every route of the relay.
pub fn router(app: &Arc<RelayState>) -> Result<Router, RouterError> {
    let limits = app.settings.limits;
    let rates = Rates {
        requests: limits.requests,
        sign_ins: limits.sign_ins,
        visitors: limits.visitors,
        per_ticket: limits.per_ticket,
    };
    let edges = Router::new()
        .merge(edges::router())
        .merge(health::router())
        .with_state(Arc::clone(app));
    Ok(edges.merge(people(app, rates)?))
}

/// What people and their programs ask: the API, the console, everybody's pages.
pub(crate) fn people(app: &RelayState, rates: Rates) -> Result<Router, RouterError> {
    let parts = AdminDependencies {
        store: app.store.clone(),
        clock: app.clock.clone(),
        links: Arc::clone(&app.links),
        figures: Arc::clone(&app.figures),
        stop: app.stop.clone(),
        one_time_passwords: app.settings.accounts.one_time_passwords(),
    };
    let admin = AdminContext::new(parts, rates).map_err(RouterError::Passwords)?;
    let (scheme, public_url) = (app.settings.scheme(), app.settings.public_url.clone());
    let api = cloud_api::router(Arc::clone(&admin)).map_err(RouterError::Description)?;
    Ok(api
        .merge(cloud_console::router(Arc::clone(&admin), scheme, public_url))
        .merge(cloud_public::router(admin))
        .layer(middleware::map_response(move |response| async move {
            security_headers::guard(response, scheme)
        })))
}
