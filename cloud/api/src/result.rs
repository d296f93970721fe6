//! What a handler gives: an answer or a problem.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use cloud_http::Problem;
use http::{HeaderValue, StatusCode, header};

/// What a handler gives.
pub(crate) type ApiResult<T> = Result<T, Problem>;

/// A 201 with where the new thing is.
pub(crate) fn created<T: serde::Serialize>(location: &str, body: T) -> ApiResult<Response> {
    let location = HeaderValue::from_str(location);
    let location = location.map_err(|error| Problem::internal("Writing where the new thing is", &error))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)).into_response())
}
