//! The REST road, for where WebSockets are blocked: the same conversation by long poll, and single documents.

use super::{
    edge_request::{EdgeRequest, JoinCounterCheck},
    refusal::Refusal,
    session,
};
use crate::state::RelayState;
use axum::{
    Json,
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use cloud_store::{documents, edges::EdgeRecord, events};
use http::{StatusCode, request::Parts};
use protocol::{
    DocumentId,
    control::{CloudMessage, EdgeMessage, Inbox, POLL_SECONDS},
    signed_text::SignedText,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

const MAX_OUTBOX: usize = 256 << 10;
const MAX_SAID: usize = 1000;

/// `GET /v2/gateway/inbox`: what is due, as soon as something is.
pub(super) async fn inbox(State(app): State<Arc<RelayState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge_request = EdgeRequest::new(&app, &parts, "inbox");
    match wait(&mut edge_request, &parts, body).await {
        Ok(inbox) => Json(inbox).into_response(),
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn wait(edge_request: &mut EdgeRequest, parts: &Parts, body: Body) -> Result<Inbox, Refusal> {
    let edge = edge_request.identify(parts, JoinCounterCheck::MustMatch).await?;
    edge_request.receive(parts, body, 0).await?;
    let app = &edge_request.app;
    let bell = app.links.wake_handle(edge.id);
    let end = Instant::now() + Duration::from_secs(POLL_SECONDS);
    loop {
        let due = session::due(app, &edge).await?;
        if !due.is_empty() || Instant::now() >= end || app.stop.is_cancelled() {
            return answer(app, &edge, due).await;
        }
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep_until(end) => {}
            () = app.stop.cancelled() => {}
        }
    }
}

async fn answer(app: &RelayState, edge: &EdgeRecord, due: Vec<CloudMessage>) -> Result<Inbox, Refusal> {
    let scope = app.store.scope(edge.org);
    let have = events::have(&scope, edge.id, edge.epoch)
        .await
        .map_err(|error| Refusal::store(&error))?;
    let now = app.clock.now();
    app.links.record_contact(edge.id, now, None);
    let messages = std::iter::once(CloudMessage::Have { now, have }).chain(due).collect();
    Ok(Inbox { messages })
}

/// `POST /v2/gateway/outbox`: what the edge has to say.
pub(super) async fn outbox(State(app): State<Arc<RelayState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge_request = EdgeRequest::new(&app, &parts, "outbox");
    match file(&mut edge_request, &parts, body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn file(edge_request: &mut EdgeRequest, parts: &Parts, body: Body) -> Result<(), Refusal> {
    let edge = edge_request.identify(parts, JoinCounterCheck::MustMatch).await?;
    let body = edge_request.receive(parts, body, MAX_OUTBOX).await?;
    let said: Vec<serde_json::Value> =
        serde_json::from_slice(&body).map_err(|_| Refusal::Malformed("the body is no array"))?;
    if said.len() > MAX_SAID {
        return Err(Refusal::TooLarge { limit: MAX_OUTBOX });
    }
    let mut epoch = edge.epoch;
    for said in said {
        // An edge may be newer than we are: what is not understood is left out.
        if let Ok(said) = serde_json::from_value::<EdgeMessage>(said) {
            session::handle_message(&edge_request.app, &edge, &mut epoch, said).await?;
        }
    }
    edge_request.app.links.wake(edge.id);
    Ok(())
}

/// `GET /v2/gateway/policies/{kind}/{name}`: the last version of one document.
pub(super) async fn document(
    State(app): State<Arc<RelayState>>,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge_request = EdgeRequest::new(&app, &parts, "document");
    match fetch(&mut edge_request, &parts, body, &format!("{kind}/{name}")).await {
        Ok(signed) => Json(signed).into_response(),
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn fetch(edge_request: &mut EdgeRequest, parts: &Parts, body: Body, id: &str) -> Result<SignedText, Refusal> {
    let edge = edge_request.identify(parts, JoinCounterCheck::MustMatch).await?;
    edge_request.receive(parts, body, 0).await?;
    let id: DocumentId = id.parse().map_err(|_| Refusal::NotFound)?;
    let scope = edge_request.app.store.scope(edge.org);
    let latest = documents::latest(&scope, edge.id, id)
        .await
        .map_err(|error| Refusal::store(&error))?;
    let tracked = latest.ok_or(Refusal::NotFound)?;
    edge_request
        .app
        .key
        .sign_document(&tracked.document)
        .map_err(|_| Refusal::Unavailable)
}
