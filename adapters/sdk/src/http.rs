//! The HTTP line: requests to one host. Authentication is the adapter's own business.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use std::{
    fmt::{self, Debug},
    time::Duration,
};

/// A request to the device's host.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path and query, beginning with `/`.
    pub target: String,
    /// Headers beyond `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Time until the answer's head is there.
    pub timeout: Duration,
}

/// Without headers and body: they may hold credentials and people's names.
impl Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// An answer's head; the body comes in pieces.
#[derive(Debug)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The rest.
    pub body: Box<dyn BodyStream>,
}

/// The body of an answer, piece by piece; may never end.
#[async_trait]
pub trait BodyStream: Send + Debug {
    /// The next piece; `None` at the end. Waiting is the caller's to bound.
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError>;
}

/// Requests to one host.
#[async_trait]
pub trait Http: Send + Sync + Debug {
    /// Sends a request. Follows no redirect and repeats nothing: what is sent twice may open a door twice.
    async fn send(&self, request: Request) -> Result<Response, HttpError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection: nothing reached the device.
    #[error("no connection")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer in time: the request may have reached the device.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The connection broke after the request was sent, or while the answer came.
    #[error("the connection broke")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is longer than allowed.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
}

impl Response {
    /// The whole body, at most `limit` bytes.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, HttpError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.body.chunk().await? {
            if whole.len() + piece.len() > limit {
                return Err(HttpError::TooLong { limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }
}
