//! The conversation in IPP: the printer's attributes before a print, the print, and its state until it is over.
//!
//! A print that waits for paper is cancelled before anybody is told that it failed.

use super::printer_session::{
    IdentifyResult, LineState, PreparedSheet, PrintResult, PrinterSession, Refusal, STALL, SheetRenderer, SheetResult,
};
use crate::{
    faces::Faces,
    imprint::Imprint,
    layout::Paper,
    printer_status::PrinterStatus,
    wire::{
        ipp::{self, IppResponse, IppStatus, JobState, PWG, PrinterUri},
        pwg,
    },
};
use adapter_sdk::{
    DriverError,
    http::{Http, HttpError, Request},
};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use protocol::Reason;
use std::{future::pending, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// No answer here is longer.
const LONGEST: usize = 1 << 20;
/// Between two looks whether a print is over.
const POLL: Duration = Duration::from_millis(500);
/// A page takes longer than a ticket.
const OVER: Duration = Duration::from_secs(120);
/// Looks for what became of a print that was cancelled.
const LAST_LOOKS: u32 = 6;

/// Where a printer is reached.
#[derive(Debug)]
pub(super) struct IppAddress {
    pub(super) path: String,
    pub(super) uri: PrinterUri,
}

/// A printer that understands IPP.
pub(super) struct Ipp {
    http: Arc<dyn Http>,
    name: IppAddress,
    page: pwg::PwgPage,
    renderer: SheetRenderer,
    /// What it does not take, as of the last look.
    missing_feature: Option<&'static str>,
}

/// Why there is no answer.
enum IppFailure {
    /// Nothing reached the printer.
    Untouched(DriverError),
    /// What was sent may have reached it.
    Unknown(DriverError),
    /// It refused the request.
    Refused(StatusCode),
}

impl From<IppFailure> for DriverError {
    fn from(unanswered: IppFailure) -> Self {
        match unanswered {
            IppFailure::Untouched(end) | IppFailure::Unknown(end) => end,
            IppFailure::Refused(status) => DriverError::Protocol(format!("it answers with {status}")),
        }
    }
}

impl Ipp {
    /// Nothing is sent yet.
    pub(super) fn new(
        http: Arc<dyn Http>,
        name: IppAddress,
        page: pwg::PwgPage,
        paper: Paper,
        faces: Arc<Faces>,
    ) -> Self {
        Self {
            http,
            name,
            page,
            renderer: SheetRenderer::new(faces, paper),
            missing_feature: None,
        }
    }

    async fn ask(&self, doing: &'static str, body: Vec<u8>, within: Duration) -> Result<IppResponse, IppFailure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/ipp"));
        let request = Request {
            method: Method::POST,
            target: self.name.path.clone(),
            headers,
            body: Bytes::from(body),
            timeout: within,
        };
        let failed = |source: HttpError| {
            let untouched = matches!(source, HttpError::Connect(_));
            let end = DriverError::Unreachable { doing, source };
            if untouched {
                IppFailure::Untouched(end)
            } else {
                IppFailure::Unknown(end)
            }
        };
        let response = self.http.send(request).await.map_err(failed)?;
        if !response.status.is_success() {
            return Err(IppFailure::Refused(response.status));
        }
        let bytes = match tokio::time::timeout(within, response.bytes(LONGEST)).await {
            Ok(bytes) => bytes.map_err(failed)?,
            Err(_) => return Err(failed(HttpError::Timeout(within))),
        };
        IppResponse::parse(&bytes).map_err(|error| IppFailure::Unknown(DriverError::Protocol(error.to_string())))
    }

    async fn progress(&self, number: i32) -> Result<Option<JobState>, DriverError> {
        let asked = ipp::get_print(&self.name.uri, number);
        let answer = self.ask("asking after a print", asked, STALL).await?;
        Ok(answer.number("job-state").and_then(JobState::of))
    }

    /// Follows a print until it is over.
    async fn follow(&mut self, number: i32) -> Result<SheetResult, DriverError> {
        let deadline = Instant::now() + OVER;
        loop {
            let progress = self.progress(number).await?;
            let look = self.read_status().await?;
            match progress {
                Some(JobState::Completed) => return Ok(SheetResult::Printed(look)),
                Some(JobState::GivenUp) => return Ok(SheetResult::Spoilt(look, look.obstacle().unwrap_or("given_up"))),
                Some(JobState::Pending) if look.obstacle().is_some() || Instant::now() >= deadline => {
                    return self.cancel(number, look).await;
                }
                Some(JobState::Pending) => sleep(POLL).await,
                None => return Ok(SheetResult::Doubtful),
            }
        }
    }

    /// Gives a print up, and looks what became of it.
    async fn cancel(&mut self, number: i32, look: PrinterStatus) -> Result<SheetResult, DriverError> {
        let asked = ipp::cancel(&self.name.uri, number);
        // Cancelled or over already: its state says which.
        self.ask("giving a print up", asked, STALL).await?;
        for _ in 0..LAST_LOOKS {
            match self.progress(number).await? {
                Some(JobState::Completed) => return Ok(SheetResult::Printed(look)),
                Some(JobState::GivenUp) => return Ok(SheetResult::Spoilt(look, look.obstacle().unwrap_or("given_up"))),
                Some(JobState::Pending) => sleep(POLL).await,
                None => break,
            }
        }
        Ok(SheetResult::Doubtful)
    }
}

/// What to say of a print that the printer answered with this.
fn number_of(answer: &IppResponse) -> Result<i32, SheetResult> {
    let refused = |reason, word| Err(SheetResult::Untouched(Refusal { reason, word }));
    match answer.answered() {
        IppStatus::Done => answer.number("job-id").ok_or(SheetResult::Doubtful),
        IppStatus::Busy => refused(Reason::Busy, "busy"),
        IppStatus::Unsupported => refused(Reason::Unsupported, "unsupported"),
        IppStatus::Refused(status) => {
            tracing::warn!(status, "the printer refuses a print");
            refused(Reason::Hardware, "refused")
        }
        IppStatus::Unclear(status) => {
            tracing::warn!(status, "the printer failed with a print");
            Err(SheetResult::Doubtful)
        }
    }
}

#[async_trait]
impl PrinterSession for Ipp {
    async fn read_status(&mut self) -> Result<PrinterStatus, DriverError> {
        let asked = ipp::get_printer(&self.name.uri);
        let answer = self.ask("asking how it is", asked, STALL).await?;
        if answer.answered() != IppStatus::Done {
            return Err(DriverError::Protocol("it does not say how it is".to_owned()));
        }
        let dots = answer.resolutions("pwg-raster-document-resolution-supported");
        self.missing_feature = if !answer.texts("document-format-supported").any(|format| format == PWG) {
            Some("format")
        } else if !dots.is_empty() && !dots.contains(&self.page.dpi) {
            Some("resolution")
        } else if !answer.texts("media-supported").any(|media| media == self.page.name) {
            Some("media")
        } else {
            None
        };
        Ok(ipp::look(&answer))
    }

    /// It says nothing unasked, and no line stays open.
    async fn next_status(&mut self) -> Result<PrinterStatus, DriverError> {
        pending().await
    }

    fn prepare(&mut self, imprint: &Imprint<'_>) -> Result<PreparedSheet, Refusal> {
        if let Some(word) = self.missing_feature {
            return Err(Refusal::unsupported(word));
        }
        let image = self.renderer.image(imprint)?;
        let mut request = ipp::print(&self.name.uri, imprint.print, self.page.name);
        request.extend(pwg::document(&image, &self.page));
        Ok(PreparedSheet {
            print: imprint.print,
            pieces: vec![request],
        })
    }

    async fn print(&mut self, ready: PreparedSheet, _deadline: Instant) -> PrintResult {
        let sent = self.ask("printing", ready.pieces.concat(), STALL).await;
        let number = match sent {
            Ok(answer) => number_of(&answer),
            Err(IppFailure::Untouched(end)) => {
                let refusal = Refusal {
                    reason: Reason::Offline,
                    word: "offline",
                };
                return PrintResult {
                    verdict: SheetResult::Untouched(refusal),
                    line: LineState::Failed(end),
                };
            }
            Err(IppFailure::Unknown(end)) => {
                return PrintResult {
                    verdict: SheetResult::Doubtful,
                    line: LineState::Failed(end),
                };
            }
            Err(IppFailure::Refused(status)) => Err(if status.is_client_error() {
                SheetResult::Untouched(Refusal {
                    reason: Reason::Hardware,
                    word: "refused",
                })
            } else {
                SheetResult::Doubtful
            }),
        };
        let ending = match number {
            Ok(number) => self.follow(number).await,
            Err(verdict) => Ok(verdict),
        };
        match ending {
            Ok(verdict) => PrintResult {
                verdict,
                line: LineState::Fine,
            },
            Err(end) => PrintResult {
                verdict: SheetResult::Doubtful,
                line: LineState::Failed(end),
            },
        }
    }

    async fn begin_anew(&mut self) -> Result<(), DriverError> {
        Ok(())
    }

    async fn identify(&mut self) -> Result<IdentifyResult, DriverError> {
        Ok(IdentifyResult::Unable)
    }
}
