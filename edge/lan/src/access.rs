//! Who may reach a route: every route says so, and the gate before it holds to it before a byte of a body is read.
//!
//! A route without a word about that cannot be written: an area's routes are [`LanRoutes`], not axum's.

use crate::{
    ClientNetwork, LanState,
    body_budget::{BodySender, BudgetedBody},
    connections::{ConnectionClass, ConnectionPlace},
    pairing::{PairingRejection, Screen, ScreenKind, paired_screen},
    problem::Problem,
    request,
    request_sender::RequestSender,
    session::LocalAdmin,
};
use axum::{
    Router,
    extract::{FromRequestParts as _, Request, State},
    http::{Extensions, HeaderMap, Method, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::MethodRouter,
};
use std::{fmt, sync::Arc};
use tokio::time::Instant;

/// Who may reach a route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RouteAccess {
    /// Anybody on the network. It says nothing of the site but what everybody there may know.
    Anybody,
    /// Whoever holds the ticket whose token is in the address; the route looks it up.
    Ticket,
    /// A device or a local agent with a credential in the head; the route checks it, before the body.
    Device,
    /// A paired screen of this kind.
    Screen(&'static ScreenKind),
    /// A paired screen of any kind.
    AnyScreen,
    /// Whoever is signed in to the settings.
    Admin,
}

/// Routes, and who may reach each.
pub struct LanRoutes<S = ()> {
    lan: LanState,
    router: Router<S>,
    listed: Vec<(String, RouteAccess)>,
}

impl<S: Clone + Send + Sync + 'static> LanRoutes<S> {
    /// No routes yet.
    pub fn new(lan: &LanState) -> Self {
        Self {
            lan: lan.clone(),
            router: Router::new(),
            listed: Vec::new(),
        }
    }

    /// One more, for these.
    #[must_use]
    pub fn route(mut self, path: impl Into<String>, access: RouteAccess, methods: MethodRouter<S>) -> Self {
        let gate = RouteGate {
            lan: self.lan.clone(),
            access,
        };
        let path = path.into();
        self.router = self
            .router
            .route(&path, methods.layer(middleware::from_fn_with_state(gate, enter)));
        self.listed.push((path, access));
        self
    }

    /// Others', too.
    #[must_use]
    pub fn merge(mut self, other: LanRoutes<S>) -> Self {
        self.listed.extend(other.listed);
        self.router = self.router.merge(other.router);
        self
    }

    /// With what their handlers look at.
    pub fn with_state<T: Clone + Send + Sync + 'static>(self, state: S) -> LanRoutes<T> {
        LanRoutes {
            lan: self.lan,
            router: self.router.with_state(state),
            listed: self.listed,
        }
    }

    /// The routes alone.
    pub(crate) fn router(self) -> Router<S> {
        self.router
    }

    /// Every path, and who may reach it.
    pub fn listed(&self) -> &[(String, RouteAccess)] {
        &self.listed
    }
}

#[derive(Clone)]
struct RouteGate {
    lan: LanState,
    access: RouteAccess,
}

async fn enter(State(gate): State<RouteGate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match gate.admit(&mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal,
    }
}

impl RouteGate {
    /// Lets a request in, with who sent it among its extensions.
    async fn admit(&self, parts: &mut Parts) -> Result<(), Response> {
        let network = ClientNetwork::of(request::peer(&parts.extensions));
        let sender = match self.access {
            RouteAccess::Anybody | RouteAccess::Ticket => {
                let within = self.within_rate(network, &parts.method);
                within.map_err(Problem::into_response)?;
                RequestSender::Unknown(network)
            }
            // Each checks its own credential, before the body.
            RouteAccess::Device => return Ok(()),
            RouteAccess::Screen(_) | RouteAccess::AnyScreen => {
                let found = self.screen(parts).await;
                let screen = found.map_err(PairingRejection::into_response)?;
                let id = screen.id.to_string();
                claim(&parts.extensions, ConnectionClass::Screen, &id).map_err(Problem::into_response)?;
                parts.extensions.insert(screen);
                RequestSender::Screen(id)
            }
            RouteAccess::Admin => {
                let admin = LocalAdmin::from_request_parts(parts, &self.lan).await;
                let session = admin.map_err(axum::response::IntoResponse::into_response)?.session();
                claim(&parts.extensions, ConnectionClass::Admin, &session).map_err(Problem::into_response)?;
                RequestSender::Admin(session)
            }
        };
        parts.extensions.insert(sender);
        Ok(())
    }

    async fn screen(&self, parts: &Parts) -> Result<Arc<Screen>, PairingRejection> {
        if let RouteAccess::Screen(kind) = self.access {
            return paired_screen::authenticate(&self.lan, kind, parts).await;
        }
        for kind in self.lan.pairing().kinds() {
            if let Ok(screen) = paired_screen::authenticate(&self.lan, kind, parts).await {
                return Ok(screen);
            }
        }
        Err(PairingRejection::NotPaired)
    }

    /// What would change something is counted before its body is looked at.
    fn within_rate(&self, network: ClientNetwork, method: &Method) -> Result<(), Problem> {
        let rates = &self.lan.inner().rates;
        let rate = if matches!(*method, Method::GET | Method::HEAD) {
            &rates.looks
        } else {
            &rates.forms
        };
        let taken = rate.take(&network, Instant::now());
        taken.map_err(|exceeded| Problem::too_often(exceeded.wait))
    }
}

/// A request showed whose its connection is. Where there is no connection, in a test, there is nothing to claim.
pub(crate) fn claim(extensions: &Extensions, class: ConnectionClass, holder: &str) -> Result<(), Problem> {
    let place = extensions.get::<ConnectionPlace>();
    place.map_or(Ok(()), |place| place.claim(class, holder))
}

/// Whoever asks holds this ticket: the connection is the ticket's from now on.
pub fn claim_ticket(extensions: &Extensions, ticket: &impl fmt::Display) -> Result<(), Problem> {
    claim(extensions, ConnectionClass::Ticket, &ticket.to_string())
}

/// Reads the body of a known device.
pub(crate) async fn device_body(
    lan: &LanState,
    device: &protocol::DeviceId,
    headers: &HeaderMap,
    body: axum::body::Body,
    limit: usize,
) -> Result<BudgetedBody, Problem> {
    let sender = BodySender::Known(device.to_string());
    lan.inner().bodies.read(sender, headers, body, limit).await
}

impl<S> fmt::Debug for LanRoutes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.listed).finish()
    }
}
