//! The event stream: opened, read, and opened again when it breaks or falls silent.
//!
//! Terminals serve one stream and answer 404 while they believe that the last one is still there; then there is only
//! waiting, ever longer.

use super::client::{IsapiClient, IsapiRequest};
use crate::wire::{
    alert::{self, Alert},
    multipart::{self, MultipartParser, ParsedPart},
};
use adapter_sdk::{
    DriverError, ReportError,
    http::{HttpError, Response},
};
use http::header;
use std::time::Duration;
use tokio::{sync::mpsc, time::Instant};

const TARGET: &str = "/ISAPI/Event/notification/alertStream";
/// Longest part that is read; a longer one, such as a picture, is skipped.
const LONGEST_PART: usize = 256 * 1024;
/// Wait before the stream is opened again, at first and at most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Unreadable parts in a row after which this is not the protocol we know.
const GARBAGE: u32 = 20;

/// What was heard.
#[derive(Debug)]
pub(super) enum StreamMessage {
    /// The stream is open: what happened before it must be searched.
    Opened,
    /// It cannot be opened now.
    Busy,
    /// Something was told.
    Alert(Alert),
}

/// Keeps the stream open and tells what is heard.
pub(super) async fn listen(line: &IsapiClient, patience: Duration, tell: mpsc::Sender<StreamMessage>) -> DriverError {
    let mut wait = FIRST_WAIT;
    loop {
        let opened = Instant::now();
        if let Err(end) = once(line, patience, &tell).await {
            return end;
        }
        if opened.elapsed() > patience {
            wait = FIRST_WAIT;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn once(line: &IsapiClient, patience: Duration, tell: &mpsc::Sender<StreamMessage>) -> Result<(), DriverError> {
    let response = line
        .open(&IsapiRequest::get("opening the event stream", TARGET))
        .await?;
    if !response.status.is_success() {
        tracing::debug!(
            status = response.status.as_u16(),
            "the event stream cannot be opened now"
        );
        return say(tell, StreamMessage::Busy).await;
    }
    let content_type = response
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let Some(boundary) = content_type.and_then(multipart::boundary) else {
        return Err(DriverError::Protocol("the event stream is no multipart".to_owned()));
    };
    say(tell, StreamMessage::Opened).await?;
    read(response, &boundary, patience, tell).await
}

/// Reads until the stream ends, breaks or falls silent.
async fn read(
    mut response: Response,
    boundary: &str,
    patience: Duration,
    tell: &mpsc::Sender<StreamMessage>,
) -> Result<(), DriverError> {
    let mut parts = MultipartParser::new(boundary, LONGEST_PART);
    let mut garbage = 0;
    loop {
        let bytes = match tokio::time::timeout(patience, response.body.chunk()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return ended("it ended"),
            Ok(Err(error)) => return broke(&error),
            Err(_) => return ended("it fell silent"),
        };
        parts.feed(&bytes);
        while let Some(piece) = parts.next() {
            match parse_part(piece) {
                Some(alert) => {
                    garbage = 0;
                    say(tell, StreamMessage::Alert(alert)).await?;
                }
                None => garbage += 1,
            }
            if garbage >= GARBAGE {
                return Err(DriverError::Protocol(
                    "the event stream cannot be understood".to_owned(),
                ));
            }
        }
    }
}

fn parse_part(piece: ParsedPart) -> Option<Alert> {
    let part = match piece {
        ParsedPart::Part(part) => part,
        ParsedPart::TooLong => {
            tracing::debug!("a part of the event stream is too long and was skipped");
            return Some(Alert::Heartbeat);
        }
    };
    tracing::trace!(bytes = part.body.len(), content_type = part.content_type, "part");
    match alert::parse(&part.body) {
        Ok(alert) => Some(alert),
        Err(_)
            if part
                .content_type
                .as_deref()
                .is_some_and(|kind| kind.starts_with("image/")) =>
        {
            Some(Alert::Heartbeat)
        }
        Err(error) => {
            tracing::warn!(%error, "a part of the event stream cannot be read");
            None
        }
    }
}

fn ended(why: &'static str) -> Result<(), DriverError> {
    tracing::debug!(why, "the event stream is over");
    Ok(())
}

fn broke(error: &HttpError) -> Result<(), DriverError> {
    tracing::debug!(%error, "the event stream broke");
    Ok(())
}

async fn say(tell: &mpsc::Sender<StreamMessage>, heard: StreamMessage) -> Result<(), DriverError> {
    tell.send(heard)
        .await
        .map_err(|_| DriverError::Unrecorded(ReportError::Stopping))
}
