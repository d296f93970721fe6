//! What handlers take in: path, query and body, each refused with a problem where it is not what it should be.
//!
//! The reasons given name the field and the limit, never the value: a refused body may hold a password.

use axum::{
    extract::rejection::JsonRejection,
    extract::{FromRequest, FromRequestParts, Json as AxumJson, Path as AxumPath, Query as AxumQuery, Request},
};
use cloud_admin::documents::without_values;
use cloud_http::{Kind, Problem};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Largest body of a REST request, bytes.
pub(crate) const MAX_BODY: usize = 256 << 10;

/// 2^53: beyond it a float is no exact number.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

/// Path parameters.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// Query parameters.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let invalid = |error: serde_json::Error| Problem::new(Kind::Invalid, reason(&error.to_string()));
        match AxumJson::<Value>::from_request(request, state).await {
            Ok(AxumJson(body)) => serde_json::from_value(with_whole_numbers(body))
                .map(Self)
                .map_err(invalid),
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::new(Kind::Invalid, reason(&error.body_text()))),
            Err(JsonRejection::JsonSyntaxError(_)) => Err(Problem::new(Kind::BadRequest, "The body is not JSON.")),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                Kind::MediaType,
                "Send the body with content-type: application/json.",
            )),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Problem::new(
                Kind::TooLarge,
                format!("A body has at most {MAX_BODY} bytes."),
            )),
            Err(_) => Err(Problem::new(Kind::BadRequest, "The body could not be read.")),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = AxumPath::<T>::from_request_parts(parts, state).await;
        // A path that cannot name anything names nothing.
        taken
            .map(|AxumPath(value)| Self(value))
            .map_err(|_| Problem::not_found("thing"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = AxumQuery::<T>::from_request_parts(parts, state).await;
        taken
            .map(|AxumQuery(value)| Self(value))
            .map_err(|error| Problem::new(Kind::BadRequest, format!("Query: {}", reason(&error.body_text()))))
    }
}

/// JSON knows one kind of number: `10.0` is as whole as `10` (JSON Schema 2020-12, validation §6.1.1).
fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| !number.is_i64() && !number.is_u64()) {
            Some(float) if float.fract() == 0.0 && float.abs() < LARGEST_WHOLE => Value::from(float as i64),
            Some(_) | None => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(with_whole_numbers).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key, with_whole_numbers(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

/// What serde or axum say of a text they refuse, without the text itself.
fn reason(text: &str) -> String {
    let text = text.rsplit_once("target type: ").map_or(text, |(_, tail)| tail);
    let text = text.rsplit_once("query string: ").map_or(text, |(_, tail)| tail);
    without_values(text)
}
