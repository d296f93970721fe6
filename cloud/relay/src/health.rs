//! Whether the relay lives, whether it can do its work, which version it is, and its figures.
//!
//! Nothing here names an organisation, an edge or a person, and nothing here asks who is asking.

use crate::state::RelayState;
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use cloud_store::orgs;
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;

/// Routes that watchers ask.
pub fn router() -> Router<Arc<RelayState>> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/version", get(version))
        .route("/metrics", get(figures))
}

async fn ready(State(app): State<Arc<RelayState>>) -> Response {
    match orgs::list(&app.store.platform()).await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

async fn version() -> Json<Value> {
    Json(json!({ "name": "ostona-cloud", "version": env!("CARGO_PKG_VERSION") }))
}

async fn figures(State(app): State<Arc<RelayState>>) -> Response {
    let online = app.links.online(app.clock.now()) as u64;
    let gauges = [
        (
            "ostona_gateway_connected",
            "Control channels open",
            app.links.sockets() as u64,
        ),
        ("ostona_gateway_online", "Edges heard within the last 45 s", online),
        (
            "ostona_live_listeners",
            "Listeners of live events",
            app.store.event_listeners() as u64,
        ),
    ];
    let text = app.figures.render(&gauges);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
