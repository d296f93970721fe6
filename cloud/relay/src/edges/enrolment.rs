//! `POST /v2/gateway/enrol`: an edge shows a one-time code and proves that it holds the key it brings.

use super::{edge_request::EdgeRequest, refusal::Refusal};
use crate::state::RelayState;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use cloud_store::{
    audit::AuditResult,
    enrolment::{self, EnrolmentAttempt, EnrolmentResult},
    orgs,
};
use http::request::Parts;
use protocol::{EdgeId, enrolment as wire};
use std::sync::Arc;

const MAX_BODY: usize = 4 << 10;

/// Enrols an edge.
pub(super) async fn enrol(State(app): State<Arc<RelayState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let edge_request = EdgeRequest::new(&app, &parts, "enrol");
    match enrol_edge(&edge_request, &parts, body).await {
        Ok(enrolled) => Json(enrolled).into_response(),
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn enrol_edge(edge_request: &EdgeRequest, parts: &Parts, body: Body) -> Result<wire::EnrolmentReply, Refusal> {
    let app = &edge_request.app;
    if !app.admission.lets_enrolment(edge_request.ip) {
        return Err(Refusal::Limited);
    }
    edge_request.count()?;
    let body = edge_request.receive(parts, body, MAX_BODY).await?;
    let request: wire::Request =
        serde_json::from_slice(&body).map_err(|_| Refusal::Malformed("the body is no enrolment"))?;
    edge_request.check_signature(parts, &request.key)?;
    let now = app.clock.now();
    let mut entropy = [0; 10];
    getrandom::fill(&mut entropy).map_err(|_| Refusal::Unavailable)?;
    let entry = edge_request.entry("edge.enrolled", format!("key {}", request.key.id()), AuditResult::Done);
    let asker = EnrolmentAttempt {
        request,
        id: EdgeId::new(now, entropy),
        now,
    };
    let platform = app.store.platform();
    let enrolled = enrolment::enrol(&platform, asker, entry)
        .await
        .map_err(|error| Refusal::store(&error))?;
    let edge = match enrolled {
        EnrolmentResult::Enrolled(edge) => edge,
        EnrolmentResult::Unknown => return Err(Refusal::CodeUnknown),
        EnrolmentResult::Expired => return Err(Refusal::CodeExpired),
        EnrolmentResult::Used => return Err(Refusal::CodeUsed),
        EnrolmentResult::KeyTaken => return Err(Refusal::KeyTaken),
    };
    let site = orgs::site(&app.store.scope(edge.org), edge.site)
        .await
        .map_err(|error| Refusal::store(&error))?;
    tracing::info!(edge = %edge.id, site = %edge.site, "an edge enrolled");
    Ok(wire::EnrolmentReply {
        edge: edge.id,
        org: edge.org,
        site: edge.site,
        site_name: site.map(|site| site.name.into()).unwrap_or_default(),
        command_keys: vec![app.key.public()],
        now,
    })
}
