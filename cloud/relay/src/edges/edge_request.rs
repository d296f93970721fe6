//! One request of an edge: who asks, whether the signature holds, and what is remembered when it does not.

use super::{
    admission::BodyOwner,
    body::{self, ReceivedBody},
    refusal::{AuditLevel, Refusal, chain},
};
use crate::{quota_pool::QuotaExceeded, state::RelayState};
use axum::{
    body::Body,
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use cloud_store::{
    audit::{self, AuditActor, AuditEntry, AuditResult},
    edges::{self, EdgeRecord, EdgeState},
};
use http::{HeaderMap, header, request::Parts};
use protocol::{
    EdgeId, OrgId,
    control::JOIN_HEADER,
    http_signature::{self, Headers, SignatureError},
    key::{KeyId, PublicKey},
    text::AuditAction,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// One request, from its arrival to its answer.
#[derive(Debug)]
pub(super) struct EdgeRequest {
    pub(super) app: Arc<RelayState>,
    pub(super) ip: IpAddr,
    action: &'static str,
    edge: Option<(OrgId, EdgeId)>,
}

/// Whether the join counter has to be the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinCounterCheck {
    /// Everywhere but when joining.
    MustMatch,
    /// The request is about to move it on.
    NotYet,
}

impl EdgeRequest {
    pub(super) fn new(app: &Arc<RelayState>, parts: &Parts, action: &'static str) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let ip = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| {
            address.ip().to_canonical()
        });
        Self {
            app: Arc::clone(app),
            ip,
            action,
            edge: None,
        }
    }

    /// Receives a body of at most `limit` bytes and checks it against its digest. Where the asker is known by then, the
    /// digest is as good as signed, and what arrives is charged to the asker's organisation; else to the address.
    pub(super) async fn receive(&self, parts: &Parts, body: Body, limit: usize) -> Result<ReceivedBody, Refusal> {
        let announced = parts
            .headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|len: usize| len > limit) {
            return Err(Refusal::TooLarge { limit });
        }
        let admission = &self.app.admission;
        let permit = self.edge.map(|(_, edge)| admission.upload_permit(edge)).transpose();
        let _permit = permit.map_err(|QuotaExceeded| Refusal::Busy)?;
        let owner = self
            .edge
            .map_or(BodyOwner::address(self.ip), |(org, _)| BodyOwner::Org(org));
        let body = body::receive(body, limit, admission.body_lease(owner, limit)).await?;
        let digest = text(&parts.headers, "content-digest").ok_or(Refusal::Digest)?;
        if http_signature::content_digest(&body) == digest {
            Ok(body)
        } else {
            Err(Refusal::Digest)
        }
    }

    /// Counts the request, before anything else of it is looked at.
    pub(super) fn count(&self) -> Result<(), Refusal> {
        if self.app.admission.lets_address(self.ip) {
            Ok(())
        } else {
            Err(Refusal::Limited)
        }
    }

    /// Checks who asks. That the body is what the signed digest says is left to [`EdgeRequest::receive`].
    pub(super) async fn identify(&mut self, parts: &Parts, counter: JoinCounterCheck) -> Result<EdgeRecord, Refusal> {
        self.count()?;
        let input = text(&parts.headers, "signature-input").unwrap_or_default();
        let claimed = http_signature::claimed_key(input).map_err(Refusal::Signature)?;
        let platform = self.app.store.platform();
        let edge = edges::by_key(&platform, KeyId::from(claimed))
            .await
            .map_err(|error| Refusal::store(&error))?;
        let edge = edge.ok_or(Refusal::UnknownKey)?;
        self.check_signature(parts, &edge.key)?;
        self.edge = Some((edge.org, edge.id));
        match edge.state {
            EdgeState::Active | EdgeState::Released => {}
            EdgeState::Quarantined => return Err(Refusal::Quarantined),
            EdgeState::Revoked => return Err(Refusal::Revoked),
        }
        if !self.app.admission.lets_edge(edge.id) {
            return Err(Refusal::Limited);
        }
        match (counter, edge.state) {
            (JoinCounterCheck::NotYet, _) => {}
            (JoinCounterCheck::MustMatch, EdgeState::Released) => return Err(Refusal::Rejoin),
            (JoinCounterCheck::MustMatch, _) => Self::check_counter(parts, &edge)?,
        }
        self.app.links.record_contact(edge.id, self.app.clock.now(), None);
        Ok(edge)
    }

    /// Checks the signature of a request with a key.
    pub(super) fn check_signature(&self, parts: &Parts, key: &PublicKey) -> Result<(), Refusal> {
        let headers = &parts.headers;
        let given = |name: &str| text(headers, name).unwrap_or_default().to_owned();
        let signature = Headers {
            input: given("signature-input"),
            signature: given("signature"),
        };
        let authority = given("host").to_ascii_lowercase();
        let signed = http_signature::Parts {
            method: parts.method.as_str(),
            authority: &authority,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            content_digest: text(headers, "content-digest").unwrap_or_default(),
            idempotency_key: text(headers, "idempotency-key"),
            join: text(headers, JOIN_HEADER),
            websocket_key: text(headers, "sec-websocket-key"),
        };
        let now = self.app.clock.now();
        http_signature::verify(&signed, &signature, key, now).map_err(|error| match error {
            SignatureError::Skew { .. } => Refusal::Skew { now },
            SignatureError::Profile(_) | SignatureError::Mismatch => Refusal::Signature(error),
        })
    }

    /// A request with another counter than ours is late, comes from a copy of the card, or from an edge that went on while
    /// this database was restored from a copy: whoever sent it must join again, and there a copy shows.
    fn check_counter(parts: &Parts, edge: &EdgeRecord) -> Result<(), Refusal> {
        let counter = text(&parts.headers, JOIN_HEADER).and_then(|text| text.parse::<u64>().ok());
        let counter = counter.ok_or(Refusal::Malformed("the join counter is missing"))?;
        if counter == edge.counter {
            Ok(())
        } else {
            Err(Refusal::Rejoin)
        }
    }

    /// A line for an audit trail about this request.
    pub(super) fn entry(&self, action: impl Into<AuditAction>, detail: String, done: AuditResult) -> AuditEntry {
        let edge = self.edge.map(|(_, edge)| edge);
        AuditEntry {
            at: self.app.clock.now(),
            actor: edge.map_or(AuditActor::nobody(), AuditActor::edge),
            action: action.into(),
            target: edge.map(|edge| edge.to_string()).unwrap_or_default(),
            result: done,
            detail,
            ip: self.ip.to_string().into(),
        }
    }

    /// Answers with a refusal; counts it, and leaves a line where it says something about the asker.
    pub(super) async fn refuse(&self, refusal: Refusal) -> Response {
        match refusal.audit_level() {
            AuditLevel::Counting => self.app.figures.limited.one(),
            AuditLevel::AuditLine => {
                self.app.figures.refused.one();
                if self.app.admission.notes(self.ip) {
                    self.note(&refusal).await;
                }
            }
        }
        tracing::debug!(ip = %self.ip, action = self.action, reason = refusal.word(), "refused");
        refusal.into_response()
    }

    async fn note(&self, refusal: &Refusal) {
        let entry = self.entry(
            format!("{}.refused", self.action),
            refusal.to_string(),
            AuditResult::Refused,
        );
        let noted = match self.edge {
            Some((org, _)) => audit::record(&self.app.store.scope(org), entry).await,
            None => audit::record_platform(&self.app.store.platform(), entry).await,
        };
        if let Err(error) = noted {
            tracing::error!(error = %chain(&error), "cannot write to the audit trail");
        }
    }
}

/// A header's text, if it is there once and readable.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
