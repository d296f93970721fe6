//! The conversation in ZPL: `~HS` before a label, the label, and `~HS` until nothing waits any more.
//!
//! A label that waits for paper is taken back before anybody is told that it failed.

use super::press::{After, CONNECT, Ending, PROBE, Press, Ready, Refusal, STALL, Shown, Studio, Verdict, lost};
use crate::{
    condition::Look,
    faces::Faces,
    layout::Imprint,
    settings::{Settings, Status},
    wire::zpl::{self, HostStatus, Listener},
};
use adapter_sdk::{
    DriverError,
    socket::{Channel, Dial},
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Between two looks whether a label is out.
const POLL: Duration = Duration::from_millis(200);

/// A printer that understands ZPL.
pub(super) struct Zpl {
    channel: Box<dyn Channel>,
    listener: Listener,
    status: Status,
    studio: Studio,
}

impl Zpl {
    /// Connects.
    pub(super) async fn open(dial: Arc<dyn Dial>, settings: &Settings, faces: Arc<Faces>) -> Result<Self, DriverError> {
        let channel = dial.dial(Instant::now() + CONNECT).await;
        Ok(Self {
            channel: channel.map_err(lost("opening the line"))?,
            listener: Listener::default(),
            status: settings.status,
            studio: Studio::new(faces, settings.paper),
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
    async fn await_done(&mut self) -> Result<Verdict, DriverError> {
        let deadline = Instant::now() + STALL;
        loop {
            let HostStatus { look, waiting } = self.ask().await?;
            if waiting == 0 {
                return Ok(Verdict::Printed(look));
            }
            let late = Instant::now() >= deadline;
            if late || look.obstacle().is_some() {
                self.write("giving a label up", zpl::FORGET, Instant::now() + PROBE)
                    .await?;
                return Ok(match look.obstacle() {
                    Some(word) => Verdict::Spoilt(look, word),
                    None => Verdict::Doubtful,
                });
            }
            sleep(POLL).await;
        }
    }

    async fn write_label(&mut self, pieces: &[Vec<u8>], deadline: Instant) -> Result<Verdict, DriverError> {
        let mut by = deadline.min(Instant::now() + STALL);
        for piece in pieces {
            self.write("printing", piece, by).await?;
            by = Instant::now() + STALL;
        }
        match self.status {
            Status::None => Ok(Verdict::HandedOver),
            Status::Read => self.await_done().await,
        }
    }
}

#[async_trait]
impl Press for Zpl {
    async fn look(&mut self) -> Result<Look, DriverError> {
        match self.status {
            Status::None => Ok(Look::UNKNOWN),
            Status::Read => self.ask().await.map(|status| status.look),
        }
    }

    /// It says nothing unasked; but its line may end.
    async fn overhear(&mut self) -> Result<Look, DriverError> {
        loop {
            if let Err(source) = self.channel.read().await {
                return Err(lost("listening")(source));
            }
        }
    }

    fn prepare(&mut self, imprint: &Imprint<'_>) -> Result<Ready, Refusal> {
        let label = zpl::label(&self.studio.image(imprint)?);
        Ok(Ready {
            print: imprint.print,
            pieces: label.chunks(4096).map(<[u8]>::to_vec).collect(),
        })
    }

    async fn print(&mut self, ready: Ready, deadline: Instant) -> Ending {
        match self.write_label(&ready.pieces, deadline).await {
            Ok(verdict) => Ending {
                verdict,
                line: After::Fine,
            },
            Err(end) => Ending {
                verdict: Verdict::Doubtful,
                line: After::Failed(end),
            },
        }
    }

    async fn begin_anew(&mut self) -> Result<(), DriverError> {
        Ok(())
    }

    async fn identify(&mut self) -> Result<Shown, DriverError> {
        Ok(Shown::Unable)
    }
}
