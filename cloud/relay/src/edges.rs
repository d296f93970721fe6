//! What edges speak to: everything under `/v2`.
//!
//! Nothing here is answered before the signature, the identity and the join counter hold, except the time and the
//! enrolment, which has a signature and a code of its own. Whatever is refused is refused as problem+json, is counted,
//! and leaves a line in an audit trail.

mod admission;
mod batch;
mod body;
mod decompression;
mod edge_request;
mod enrolment;
mod join;
mod maintenance;
mod refusal;
mod rest;
mod session;
mod socket;

pub(crate) use admission::AdmissionControl;
pub(crate) use batch::store as store_batch;
pub(crate) use decompression::{Encoding, inflate};
pub use maintenance::{forget, watch};

use crate::state::RelayState;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    routing::{get, post},
};
use protocol::{batch as wire, control, enrolment as first};
use std::sync::Arc;

/// Routes of `/v2`.
pub fn router() -> Router<Arc<RelayState>> {
    Router::new()
        .route(first::PATH, post(enrolment::enrol))
        .route(control::JOIN_PATH, post(join::join))
        .route(control::TIME_PATH, get(time))
        .route(wire::PATH, post(batch::ingest))
        .route(control::SOCKET_PATH, get(socket::open))
        .route(control::INBOX_PATH, get(rest::inbox))
        .route(control::OUTBOX_PATH, post(rest::outbox))
        .route(
            &format!("{}/{{kind}}/{{name}}", control::DOCUMENT_PATH),
            get(rest::document),
        )
        // Each handler reads its body itself, up to a limit of its own.
        .layer(DefaultBodyLimit::disable())
}

async fn time(State(app): State<Arc<RelayState>>) -> Json<control::Time> {
    Json(control::Time { now: app.clock.now() })
}

#[cfg(test)]
mod tests;
