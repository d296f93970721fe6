//! The conversation in ESC/POS: status before a sheet, the sheet, and the printer's word that it is out.
//!
//! A frame of status may come at any time, also between a question and its answer; it is never taken for the answer.

use super::printer_session::{
    CONNECT, IdentifyResult, LineState, PROBE, PreparedSheet, PrintResult, PrinterSession, Refusal, STALL,
    SheetRenderer, SheetResult, lost,
};
use crate::{
    faces::Faces,
    imprint::Imprint,
    printer_status::{PrinterFault, PrinterStatus},
    settings::{Settings, StatusReporting},
    wire::escpos::{
        self, Cut, Pin,
        status::{self, EscPosReply, EscPosReplyParser},
        text::{self, TextMode},
    },
};
use adapter_sdk::{
    DriverError,
    socket::{ByteChannel, Connector, SocketError},
};
use async_trait::async_trait;
use protocol::fact::{CoverState, PaperState};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout, timeout_at};

/// For a sheet that stopped, until it is given up: the last line may be out already.
const GRACE: Duration = Duration::from_millis(800);
/// For white rows over a slow line.
const FLUSHING: Duration = Duration::from_secs(10);
/// For the last words to a printer that is given up.
const FAREWELL: Duration = Duration::from_millis(500);

/// Pieces of what it says that are taken in at once: one that never stops talking must not stop the sheet, nor fill memory.
const GLANCE: usize = 16;

/// How sheets are printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct EscPosOptions {
    pub(super) cut: Cut,
    pub(super) text: Option<TextMode>,
    pub(super) drawer: Option<Pin>,
}

/// A printer that understands ESC/POS.
pub(super) struct EscPos {
    dial: Arc<dyn Connector>,
    channel: Box<dyn ByteChannel>,
    listener: EscPosReplyParser,
    status: StatusReporting,
    options: EscPosOptions,
    renderer: SheetRenderer,
}

impl EscPos {
    /// Connects, and hears from the printer; one that an image was begun with and not finished is brought to its senses.
    pub(super) async fn open(
        dial: Arc<dyn Connector>,
        settings: &Settings,
        terms: EscPosOptions,
        faces: Arc<Faces>,
    ) -> Result<Self, DriverError> {
        let channel = connect(&*dial).await?;
        let mut press = Self {
            dial,
            channel,
            listener: EscPosReplyParser::default(),
            status: settings.status,
            options: terms,
            renderer: SheetRenderer::new(faces, settings.paper),
        };
        press.recover().await?;
        Ok(press)
    }

    async fn recover(&mut self) -> Result<(), DriverError> {
        if self.status == StatusReporting::None {
            return Ok(());
        }
        let look = match self.read_status().await {
            Ok(look) => look,
            // Some printers are deaf within an image.
            Err(DriverError::Silent(_)) => {
                self.write("ending what others began", &escpos::FLUSH, FLUSHING).await?;
                self.read_status().await?
            }
            Err(end) => return Err(end),
        };
        if look.obstacle().is_some() {
            self.write("clearing what others left", escpos::FORGET, PROBE).await?;
        }
        // An edge that was killed, or a line that was cut, may have left half an image: it must swallow nothing.
        self.write("ending what others began", &escpos::FLUSH, FLUSHING).await?;
        self.write("asking for its status", escpos::INIT, PROBE).await
    }

    async fn write(&mut self, doing: &'static str, bytes: &[u8], within: Duration) -> Result<(), DriverError> {
        let written = self.channel.write(bytes, Instant::now() + within).await;
        written.map_err(lost(doing))
    }

    /// The next thing the printer says; none: nothing by the deadline.
    async fn read_reply(&mut self, deadline: Instant) -> Result<Option<EscPosReply>, SocketError> {
        loop {
            if let Some(heard) = self.listener.next_reply() {
                return Ok(Some(heard));
            }
            match timeout_at(deadline, self.channel.read()).await {
                Ok(bytes) => self.listener.feed(&bytes?),
                Err(_) => return Ok(None),
            }
        }
    }

    /// Forgets what was said before: it answers nothing that is asked from now on.
    async fn discard_replies(&mut self) -> Result<(), DriverError> {
        while let Ok(bytes) = timeout(Duration::ZERO, self.channel.read()).await {
            bytes.map_err(lost("listening"))?;
        }
        self.listener.clear();
        Ok(())
    }

    /// Takes in what it says while a sheet is written; gives the latest status among it.
    async fn poll_status(&mut self) -> Result<Option<PrinterStatus>, SocketError> {
        let mut latest = None;
        for _ in 0..GLANCE {
            let Ok(bytes) = timeout(Duration::ZERO, self.channel.read()).await else {
                break;
            };
            self.listener.feed(&bytes?);
            while let Some(heard) = self.listener.next_reply() {
                if let EscPosReply::Status(frame) = heard {
                    latest = Some(status::of_frame(frame));
                }
            }
        }
        Ok(latest)
    }

    async fn write_sheet(&mut self, pieces: &[Vec<u8>], deadline: Instant) -> Result<SheetResult, SocketError> {
        let mut by = deadline.min(Instant::now() + STALL);
        for piece in pieces {
            // What comes after the last piece may be the answer that is waited for.
            if let Some(verdict) = self.poll_status().await?.and_then(spoilt) {
                return Ok(verdict);
            }
            if let Err(error) = self.channel.write(piece, by).await {
                let said = self.poll_status().await.unwrap_or_default();
                return said.and_then(spoilt).ok_or(error);
            }
            by = Instant::now() + STALL;
        }
        match self.status {
            StatusReporting::None => Ok(SheetResult::HandedOver),
            StatusReporting::Read => self.await_done().await,
        }
    }

    /// Waits for the answer to `GS r`, which comes when everything before it is done.
    async fn await_done(&mut self) -> Result<SheetResult, SocketError> {
        let mut deadline = Instant::now() + STALL;
        let mut wrong = None;
        loop {
            match self.read_reply(deadline).await? {
                Some(EscPosReply::Done(_)) => break,
                Some(EscPosReply::Now(_)) => {}
                Some(EscPosReply::Status(frame)) => {
                    wrong = spoilt(status::of_frame(frame));
                    deadline = Instant::now() + if wrong.is_some() { GRACE } else { STALL };
                }
                None => return Ok(wrong.unwrap_or(SheetResult::Doubtful)),
            }
        }
        Ok(SheetResult::Printed(PrinterStatus::UNKNOWN))
    }

    /// What the printer says when it is asked about a sheet that nothing was heard of.
    async fn inquire(&mut self) -> SheetResult {
        match self.read_status().await {
            Ok(look) => spoilt(look).unwrap_or(SheetResult::Doubtful),
            Err(_) => SheetResult::Doubtful,
        }
    }
}

#[async_trait]
impl PrinterSession for EscPos {
    async fn read_status(&mut self) -> Result<PrinterStatus, DriverError> {
        if self.status == StatusReporting::None {
            return Ok(PrinterStatus::UNKNOWN);
        }
        self.discard_replies().await?;
        self.write("asking how it is", escpos::ASK_STATUS, PROBE).await?;
        let deadline = Instant::now() + PROBE;
        let mut answers = [0; 4];
        for answer in &mut answers {
            loop {
                match self.read_reply(deadline).await.map_err(lost("asking how it is"))? {
                    Some(EscPosReply::Now(byte)) => {
                        *answer = byte;
                        break;
                    }
                    Some(EscPosReply::Status(_) | EscPosReply::Done(_)) => {}
                    None => return Err(DriverError::Silent("it does not say how it is")),
                }
            }
        }
        Ok(status::of_answers(answers))
    }

    async fn next_status(&mut self) -> Result<PrinterStatus, DriverError> {
        loop {
            while let Some(heard) = self.listener.next_reply() {
                if let EscPosReply::Status(frame) = heard {
                    return Ok(status::of_frame(frame));
                }
            }
            match (self.channel.read().await, self.status) {
                (Ok(bytes), StatusReporting::Read) => self.listener.feed(&bytes),
                (Ok(_), StatusReporting::None) => {}
                (Err(source), _) => return Err(lost("listening")(source)),
            }
        }
    }

    fn prepare(&mut self, imprint: &Imprint<'_>) -> Result<PreparedSheet, Refusal> {
        let pieces = match self.options.text {
            None => escpos::raster(&self.renderer.image(imprint)?, self.options.cut),
            Some(text) => text::sheet(imprint, text, self.options.cut).map_err(|error| {
                tracing::warn!(page = ?error.page, "a sheet with a letter that the code page lacks");
                Refusal::unsupported("unmappable")
            })?,
        };
        let print = imprint.print;
        Ok(PreparedSheet { print, pieces })
    }

    async fn print(&mut self, ready: PreparedSheet, deadline: Instant) -> PrintResult {
        let verdict = match self.write_sheet(&ready.pieces, deadline).await {
            Ok(SheetResult::Printed(_)) => {
                return match self.read_status().await {
                    Ok(look) => PrintResult {
                        verdict: SheetResult::Printed(look),
                        line: LineState::Fine,
                    },
                    // It said that the sheet is out; what it does not say now is another matter.
                    Err(end) => PrintResult {
                        verdict: SheetResult::Printed(PrinterStatus::UNKNOWN),
                        line: LineState::Failed(end),
                    },
                };
            }
            Ok(SheetResult::HandedOver) => {
                return PrintResult {
                    verdict: SheetResult::HandedOver,
                    line: LineState::Fine,
                };
            }
            Ok(SheetResult::Doubtful) => self.inquire().await,
            Ok(verdict @ (SheetResult::Spoilt(..) | SheetResult::Untouched(_))) => verdict,
            Err(error) => {
                tracing::debug!(print = %ready.print, error = &error as &dyn std::error::Error, "a sheet was cut off");
                SheetResult::Doubtful
            }
        };
        PrintResult {
            verdict,
            line: LineState::Reconnect,
        }
    }

    async fn begin_anew(&mut self) -> Result<(), DriverError> {
        if let Err(error) = self.write("giving a sheet up", escpos::FORGET, FAREWELL).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "not told that a sheet is given up"
            );
        }
        self.channel = connect(&*self.dial).await?;
        self.listener.clear();
        self.recover().await
    }

    async fn identify(&mut self) -> Result<IdentifyResult, DriverError> {
        let Some(pin) = self.options.drawer else {
            return Ok(IdentifyResult::Unable);
        };
        self.write("showing where it is", &escpos::pulse(pin), PROBE).await?;
        Ok(IdentifyResult::Shown)
    }
}

async fn connect(dial: &dyn Connector) -> Result<Box<dyn ByteChannel>, DriverError> {
    dial.dial(Instant::now() + CONNECT)
        .await
        .map_err(lost("opening the line"))
}

/// What ends a sheet half-way. A head that is too hot goes on by itself, and one that is offline may.
fn spoilt(look: PrinterStatus) -> Option<SheetResult> {
    let fatal = look.cover == CoverState::Open
        || look.paper == PaperState::Out
        || matches!(
            look.trouble,
            Some(PrinterFault::Cutter | PrinterFault::Broken | PrinterFault::Jam | PrinterFault::Ribbon)
        );
    look.obstacle()
        .filter(|_| fatal)
        .map(|word| SheetResult::Spoilt(look, word))
}
