//! The conversation in ZPL: `~HS` before a label, the label, and `~HS` until nothing waits any more.
//!
//! A label that waits for paper is taken back before anybody is told that it failed.

use super::printer_session::{
    CONNECT, IdentifyResult, LineState, PROBE, PreparedSheet, PrintResult, PrinterSession, Refusal, STALL,
    SheetRenderer, SheetResult, lost,
};
use crate::{
    faces::Faces,
    imprint::Imprint,
    printer_status::PrinterStatus,
    settings::{Settings, StatusReporting},
    wire::zpl::{self, HostStatus, ZplStatusParser},
};
use adapter_sdk::{
    DriverError,
    socket::{ByteChannel, Connector},
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Between two looks whether a label is out.
const POLL: Duration = Duration::from_millis(200);

/// A printer that understands ZPL.
pub(super) struct Zpl {
    channel: Box<dyn ByteChannel>,
    listener: ZplStatusParser,
    status: StatusReporting,
    renderer: SheetRenderer,
}

impl Zpl {
    /// Connects.
    pub(super) async fn open(
        dial: Arc<dyn Connector>,
        settings: &Settings,
        faces: Arc<Faces>,
    ) -> Result<Self, DriverError> {
        let channel = dial.dial(Instant::now() + CONNECT).await;
        Ok(Self {
            channel: channel.map_err(lost("opening the line"))?,
            listener: ZplStatusParser::default(),
            status: settings.status,
            renderer: SheetRenderer::new(faces, settings.paper),
        })
    }

    async fn write(&mut self, doing: &'static str, bytes: &[u8], deadline: Instant) -> Result<(), DriverError> {
        self.channel.write(bytes, deadline).await.map_err(lost(doing))
    }

    async fn ask(&mut self) -> Result<HostStatus, DriverError> {
        while let Ok(bytes) = timeout(Duration::ZERO, self.channel.read()).await {
            bytes.map_err(lost("listening"))?;
        }
        self.listener.clear();
        let deadline = Instant::now() + PROBE;
        self.write("asking how it is", zpl::ASK_STATUS, deadline).await?;
        loop {
            match timeout_at(deadline, self.channel.read()).await {
                Ok(bytes) => self.listener.feed(&bytes.map_err(lost("asking how it is"))?),
                Err(_) => return Err(DriverError::Silent("it does not say how it is")),
            }
            let status = self.listener.status();
            if let Some(status) = status.map_err(|error| DriverError::Protocol(error.to_string()))? {
                return Ok(status);
            }
        }
    }

    /// Asks until the label is out, or it is known that it will not be.
    async fn await_done(&mut self) -> Result<SheetResult, DriverError> {
        let deadline = Instant::now() + STALL;
        loop {
            let HostStatus { look, waiting } = self.ask().await?;
            if waiting == 0 {
                return Ok(SheetResult::Printed(look));
            }
            let late = Instant::now() >= deadline;
            if late || look.obstacle().is_some() {
                self.write("giving a label up", zpl::FORGET, Instant::now() + PROBE)
                    .await?;
                return Ok(match look.obstacle() {
                    Some(word) => SheetResult::Spoilt(look, word),
                    None => SheetResult::Doubtful,
                });
            }
            sleep(POLL).await;
        }
    }

    async fn write_label(&mut self, pieces: &[Vec<u8>], deadline: Instant) -> Result<SheetResult, DriverError> {
        let mut by = deadline.min(Instant::now() + STALL);
        for piece in pieces {
            self.write("printing", piece, by).await?;
            by = Instant::now() + STALL;
        }
        match self.status {
            StatusReporting::None => Ok(SheetResult::HandedOver),
            StatusReporting::Read => self.await_done().await,
        }
    }
}

#[async_trait]
impl PrinterSession for Zpl {
    async fn read_status(&mut self) -> Result<PrinterStatus, DriverError> {
        match self.status {
            StatusReporting::None => Ok(PrinterStatus::UNKNOWN),
            StatusReporting::Read => self.ask().await.map(|status| status.look),
        }
    }

    /// It says nothing unasked; but its line may end.
    async fn next_status(&mut self) -> Result<PrinterStatus, DriverError> {
        loop {
            if let Err(source) = self.channel.read().await {
                return Err(lost("listening")(source));
            }
        }
    }

    fn prepare(&mut self, imprint: &Imprint<'_>) -> Result<PreparedSheet, Refusal> {
        let label = zpl::label(&self.renderer.image(imprint)?);
        Ok(PreparedSheet {
            print: imprint.print,
            pieces: label.chunks(4096).map(<[u8]>::to_vec).collect(),
        })
    }

    async fn print(&mut self, ready: PreparedSheet, deadline: Instant) -> PrintResult {
        match self.write_label(&ready.pieces, deadline).await {
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
