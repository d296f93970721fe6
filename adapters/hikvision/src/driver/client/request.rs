//! What goes out on the line and what comes back, before and after it is signed.

use crate::wire::digest::Challenge;
use adapter_sdk::{
    DriverError,
    http::{HttpError, Request},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::time::Duration;

/// A request, unsigned.
#[derive(Debug, Clone)]
pub(crate) struct IsapiRequest {
    /// For errors.
    pub(crate) doing: &'static str,
    pub(crate) method: Method,
    pub(crate) target: String,
    /// `Content-Type` and body.
    pub(crate) body: Option<(&'static str, String)>,
}

/// An answer read whole.
#[derive(Debug)]
pub(crate) struct IsapiResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// The right to sign one request.
#[derive(Debug)]
pub(crate) enum RequestAuth {
    Digest(Box<Challenge>),
    Basic,
    /// The device asks for no name.
    Open,
}

/// What became of a request that is written once.
#[derive(Debug)]
pub(crate) enum WriteResult {
    /// There is an answer.
    Answered(IsapiResponse),
    /// Our name was refused, so nothing was done; with the reason to stop, where enough is enough.
    Refused(Option<DriverError>),
    /// No answer: it may have been done.
    Lost(HttpError),
}

impl IsapiRequest {
    /// A `GET`.
    pub(crate) fn get(doing: &'static str, target: impl Into<String>) -> Self {
        Self {
            doing,
            method: Method::GET,
            target: target.into(),
            body: None,
        }
    }
    /// A `PUT` with an XML body.
    pub(crate) fn put(doing: &'static str, target: impl Into<String>, body: Option<String>) -> Self {
        let body = body.map(|body| ("application/xml", body));
        Self {
            doing,
            method: Method::PUT,
            target: target.into(),
            body,
        }
    }
    /// A `POST` with a JSON body.
    pub(crate) fn post(doing: &'static str, target: impl Into<String>, body: String) -> Self {
        Self {
            doing,
            method: Method::POST,
            target: target.into(),
            body: Some(("application/json", body)),
        }
    }

    pub(super) fn request(&self, authorization: Option<HeaderValue>, timeout: Duration) -> Request {
        let mut headers = HeaderMap::new();
        let mut bytes = Bytes::new();
        if let Some((content_type, body)) = &self.body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            bytes = Bytes::copy_from_slice(body.as_bytes());
        }
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        Request {
            method: self.method.clone(),
            target: self.target.clone(),
            headers,
            body: bytes,
            timeout,
        }
    }

    pub(super) fn lost(&self, source: HttpError) -> DriverError {
        DriverError::Unreachable {
            doing: self.doing,
            source,
        }
    }
}
