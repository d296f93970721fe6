//! `Paired<Desk>` as an argument of a page: only a paired desk gets that far.

use super::{Kind, Screen};
use crate::{House, problem::Problem, request};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use std::{fmt, marker::PhantomData, sync::Arc};

/// What a page is for, as a type.
pub(crate) trait Surface {
    /// The kind of screen it is shown on.
    const KIND: Kind;
}

/// The kiosk's pages.
pub(crate) enum Kiosk {}
/// The desk's pages.
pub(crate) enum Desk {}
/// The display's pages.
pub(crate) enum Display {}

impl Surface for Kiosk {
    const KIND: Kind = Kind::Kiosk;
}
impl Surface for Desk {
    const KIND: Kind = Kind::Desk;
}
impl Surface for Display {
    const KIND: Kind = Kind::Display;
}

/// The paired screen that asks.
pub(crate) struct Paired<S>(pub(crate) Arc<Screen>, PhantomData<S>);

impl<S> fmt::Debug for Paired<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Paired").field(&self.0.id).finish()
    }
}

/// Why a screen is not let in.
#[derive(Debug)]
pub(crate) enum Turned {
    /// A page was asked for: it is led to where it can be paired.
    ToPairing(Kind),
    /// A script asked: it is told, and loads its page again.
    NotPaired,
    /// It cannot be told.
    Refused(Problem),
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Turned::ToPairing(kind) => Redirect::to(&format!("/pair/{}", kind.word())).into_response(),
            Turned::NotPaired => Problem::new(
                StatusCode::UNAUTHORIZED,
                "urn:ostona:not-paired",
                "Not paired",
                "This screen is not paired with the box, or no longer. Load its page again.",
            )
            .into_response(),
            Turned::Refused(problem) => problem.into_response(),
        }
    }
}

impl<S: Surface> FromRequestParts<House> for Paired<S> {
    type Rejection = Turned;
    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Turned> {
        if let Some(token) = request::cookie(&parts.headers, S::KIND.cookie())
            && let Some(screen) = house.pairing.find(S::KIND, token).await.map_err(Turned::Refused)?
        {
            return Ok(Self(screen, PhantomData));
        }
        let accepts = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let page = parts.method == http::Method::GET && accepts.is_some_and(|kinds| kinds.contains("text/html"));
        Err(if page {
            Turned::ToPairing(S::KIND)
        } else {
            Turned::NotPaired
        })
    }
}
