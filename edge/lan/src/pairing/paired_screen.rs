//! `PairedScreen<Desk>` as an argument of a page: only a paired desk gets that far.

use super::{Screen, ScreenKind};
use crate::{LanState, problem::Problem, request};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use std::{fmt, marker::PhantomData, sync::Arc};

/// What a page is for, as a type: `enum Desk {}`.
pub trait ScreenMarker {
    /// The kind of screen it is shown on.
    const KIND: &'static ScreenKind;
}

/// The paired screen that asks.
pub struct PairedScreen<S>(
    /// The screen.
    pub Arc<Screen>,
    PhantomData<S>,
);

impl<S> fmt::Debug for PairedScreen<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PairedScreen").field(&self.0.id).finish()
    }
}

/// Why a screen is not let in.
#[derive(Debug)]
pub enum PairingRejection {
    /// A page was asked for: it is led to where it can be paired.
    ToPairing(&'static ScreenKind),
    /// A script asked: it is told, and loads its page again.
    NotPaired,
    /// It cannot be told.
    Refused(Problem),
}

impl IntoResponse for PairingRejection {
    fn into_response(self) -> Response {
        match self {
            PairingRejection::ToPairing(kind) => Redirect::to(&format!("/pair/{}", kind.word)).into_response(),
            PairingRejection::NotPaired => Problem::new(
                StatusCode::UNAUTHORIZED,
                "urn:ostona:not-paired",
                "Not paired",
                "This screen is not paired with the box, or no longer. Load its page again.",
            )
            .into_response(),
            PairingRejection::Refused(problem) => problem.into_response(),
        }
    }
}

impl<S: ScreenMarker, T: Send + Sync> FromRequestParts<T> for PairedScreen<S>
where
    LanState: FromRef<T>,
{
    type Rejection = PairingRejection;
    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, PairingRejection> {
        // The route's gate has found it already.
        if let Some(screen) = parts.extensions.get::<Arc<Screen>>()
            && screen.kind == S::KIND
        {
            return Ok(Self(Arc::clone(screen), PhantomData));
        }
        let screen = authenticate(&LanState::from_ref(state), S::KIND, parts).await?;
        Ok(Self(screen, PhantomData))
    }
}

/// The paired screen of this kind that asks.
pub(crate) async fn authenticate(
    lan: &LanState,
    kind: &'static ScreenKind,
    parts: &Parts,
) -> Result<Arc<Screen>, PairingRejection> {
    if let Some(token) = request::cookie(&parts.headers, kind.cookie) {
        let found = lan.pairing().find(kind, token).await;
        if let Some(screen) = found.map_err(PairingRejection::Refused)? {
            return Ok(screen);
        }
    }
    let accepts = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let page = parts.method == http::Method::GET && accepts.is_some_and(|kinds| kinds.contains("text/html"));
    Err(if page {
        PairingRejection::ToPairing(kind)
    } else {
        PairingRejection::NotPaired
    })
}
