//! `POST /v2/gateway/join`: an edge that starts moves its join counter on, which is what makes copied cards visible.

use super::{
    edge_request::{EdgeRequest, JoinCounterCheck},
    refusal::Refusal,
};
use crate::state::RelayState;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use cloud_store::{
    audit::AuditResult,
    edges::{self, JoinResult},
    events,
};
use http::request::Parts;
use protocol::control::{HelloVersion, JoinReply, JoinRequest};
use std::sync::Arc;

const MAX_BODY: usize = 4 << 10;
/// 16 bytes in base64url.
const ATTEMPT: usize = 22;
/// Once a second for a hundred years.
const MOST_JOINS: u64 = 1 << 32;

/// Lets an edge join.
pub(super) async fn join(State(app): State<Arc<RelayState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge_request = EdgeRequest::new(&app, &parts, "join");
    match join_edge(&mut edge_request, &parts, body).await {
        Ok(joined) => Json(joined).into_response(),
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn join_edge(edge_request: &mut EdgeRequest, parts: &Parts, body: Body) -> Result<JoinReply, Refusal> {
    let edge = edge_request.identify(parts, JoinCounterCheck::NotYet).await?;
    let body = edge_request.receive(parts, body, MAX_BODY).await?;
    let join: JoinRequest = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed("the body is no join"))?;
    if join.edge != edge.id {
        return Err(Refusal::WrongEdge);
    }
    if join.counter > MOST_JOINS {
        return Err(Refusal::Malformed("no edge has joined so often"));
    }
    if join.attempt.as_str().len() != ATTEMPT {
        return Err(Refusal::Malformed("the attempt is 16 bytes in base64url"));
    }
    let app = &edge_request.app;
    let (epoch, counter) = (join.epoch, join.counter);
    let entry = edge_request.entry("edge.join", String::new(), AuditResult::Done);
    let failed = |error: cloud_store::StoreError| Refusal::store(&error);
    let joining = edges::join(&app.store.platform(), join, entry).await.map_err(failed)?;
    // Whatever is still connected under this identity is from before this join.
    app.links.drop_edge(edge.id);
    match joining {
        JoinResult::Joined(counter) => {
            let known = events::known_lanes(&app.store.scope(edge.org), edge.id, epoch)
                .await
                .map_err(failed)?;
            tracing::info!(edge = %edge.id, counter, %epoch, "an edge joined");
            Ok(JoinReply {
                counter,
                have: known.have,
                now: app.clock.now(),
                command_keys: vec![app.key.public()],
                key_successions: app.key.successions().to_vec(),
                hello: HelloVersion::DIGEST,
                tips: known.tips,
            })
        }
        JoinResult::Quarantined => {
            tracing::warn!(edge = %edge.id, counter, "an identity is used twice: quarantined");
            Err(Refusal::Quarantined)
        }
        JoinResult::Revoked => Err(Refusal::Revoked),
    }
}
