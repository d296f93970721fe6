//! `POST /v2/ingest/events`: a batch comes in, and is on disk before it is answered.

use super::{
    body::ReceivedBody,
    decompression::{Encoding, announced_size, inflate},
    edge_request::{EdgeRequest, JoinCounterCheck, text},
    refusal::Refusal,
};
use crate::{quota_pool::QuotaExceeded, state::RelayState};
use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use cloud_store::{
    edges::EdgeRecord,
    ingest::{self, IncomingBatch, IngestResult},
};
use http::header;
use protocol::{batch, control::IngestReply};
use std::sync::Arc;

/// Takes a batch in.
pub(super) async fn ingest(State(app): State<Arc<RelayState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge_request = EdgeRequest::new(&app, &parts, "ingest");
    let taken = async {
        let encoding = Encoding::of(text(&parts.headers, header::CONTENT_ENCODING.as_str()))?;
        if text(&parts.headers, header::CONTENT_TYPE.as_str()) != Some(batch::CONTENT_TYPE) {
            return Err(Refusal::Unsupported("content-type is that of a batch"));
        }
        let edge = edge_request.identify(&parts, JoinCounterCheck::MustMatch).await?;
        let wire = edge_request.receive(&parts, body, batch::MAX_WIRE).await?;
        ingest_batch(&app, &edge, wire, encoding, text(&parts.headers, "idempotency-key")).await
    };
    match taken.await {
        Ok(stored) => Json(stored).into_response(),
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn ingest_batch(
    app: &RelayState,
    edge: &EdgeRecord,
    wire: ReceivedBody,
    encoding: Encoding,
    key: Option<&str>,
) -> Result<IngestReply, Refusal> {
    let wire_len = wire.len() as u64;
    let plain = announced_size(&wire, encoding)?;
    // The one wait: for a processor, by those whose batch is here. What it will take is charged before it is inflated.
    let turn = app.admission.decompression_permit().await.ok_or(Refusal::Unavailable)?;
    let room = app.admission.reserve_batch(edge.org, IncomingBatch::cost(plain));
    let mut room = room.map_err(|QuotaExceeded| Refusal::Busy)?;
    let read = tokio::task::spawn_blocking(move || {
        let plain = inflate(&wire, encoding)?;
        drop(wire);
        IncomingBatch::read(plain).map_err(Refusal::Batch)
    });
    let incoming = read.await.map_err(|_| Refusal::Unavailable)??;
    if incoming.header().edge != edge.id {
        return Err(Refusal::WrongEdge);
    }
    if key.is_some_and(|key| key != incoming.header().idempotency_key()) {
        return Err(Refusal::WrongKey);
    }
    room.shrink_to(incoming.size());
    drop(turn);
    let stored = store(app, edge, incoming)
        .await
        .map_err(|error| Refusal::store(&error))?;
    app.figures.bytes.add(wire_len);
    drop(room);
    Ok(stored)
}

/// Stores a batch, and counts what came of it.
pub(crate) async fn store(
    app: &RelayState,
    edge: &EdgeRecord,
    incoming: IncomingBatch,
) -> Result<IngestReply, cloud_store::StoreError> {
    let (scope, now) = (app.store.scope(edge.org), app.clock.now());
    let IngestResult { stored, irregular } = ingest::store(&scope, incoming, now).await?;
    if irregular.skipped > 0 || irregular.unreadable > 0 {
        let (skipped, unreadable) = (irregular.skipped, irregular.unreadable);
        tracing::warn!(edge = %edge.id, skipped, unreadable, "a lane has gaps or records that cannot be read");
    }
    app.figures.batches.one();
    app.figures.events.add(stored.new);
    app.figures.duplicates.add(stored.known);
    Ok(stored)
}
