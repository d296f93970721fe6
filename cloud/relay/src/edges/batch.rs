//! `POST /v2/ingest/events`: a batch comes in, and is on disk before it is answered.

use super::{
    decompression::{Encoding, inflate},
    edge_request::{EdgeRequest, JoinCounterCheck, text},
    refusal::Refusal,
};
use crate::state::RelayState;
use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cloud_store::{
    edges::EdgeRecord,
    ingest::{self, IncomingBatch, IngestResult, Listeners},
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
    wire: Bytes,
    encoding: Encoding,
    key: Option<&str>,
) -> Result<IngestReply, Refusal> {
    let turn = app.admission.decompression_permit().await.ok_or(Refusal::Unavailable)?;
    let wire_len = wire.len() as u64;
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
    let _held = app
        .admission
        .reserve_batch(incoming.size())
        .await
        .ok_or(Refusal::Unavailable)?;
    drop(turn);
    let stored = store(app, edge, incoming)
        .await
        .map_err(|error| Refusal::store(&error))?;
    app.figures.bytes.add(wire_len);
    Ok(stored)
}

/// Stores a batch and tells whoever listens.
pub(crate) async fn store(
    app: &RelayState,
    edge: &EdgeRecord,
    incoming: IncomingBatch,
) -> Result<IngestReply, cloud_store::StoreError> {
    let listeners = if app.live.receiver_count() == 0 {
        Listeners::None
    } else {
        let live = app.live.clone();
        Listeners::Some(Box::new(move |arrived| {
            for event in arrived {
                // No receiver is no failure: the last listener has just gone.
                let _ = live.send(Arc::clone(event));
            }
        }))
    };
    let (scope, now) = (app.store.scope(edge.org), app.clock.now());
    let IngestResult { stored, irregular, .. } = ingest::store(&scope, incoming, now, listeners).await?;
    if irregular.skipped > 0 || irregular.unreadable > 0 {
        let (skipped, unreadable) = (irregular.skipped, irregular.unreadable);
        tracing::warn!(edge = %edge.id, skipped, unreadable, "a lane has gaps or records that cannot be read");
    }
    app.figures.batches.one();
    app.figures.events.add(stored.new);
    app.figures.duplicates.add(stored.known);
    Ok(stored)
}
