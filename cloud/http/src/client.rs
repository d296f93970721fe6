//! Where a request comes from, and how many requests one address may make.

use crate::Problem;
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use cloud_admin::{AdminContext, rate::RateLimitKind};
use http::request::Parts;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// The address a request came from; unknown where the server did not say.
pub fn address(parts: &Parts) -> IpAddr {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(from)| {
        from.ip().to_canonical()
    })
}

/// Counts every request of an address, and refuses those beyond the limit.
pub async fn limit(State(admin): State<Arc<AdminContext>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match admin.rates.take(RateLimitKind::Request, address(&parts)) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => Problem::from(error).into_response(),
    }
}
