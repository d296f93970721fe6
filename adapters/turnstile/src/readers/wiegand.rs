//! A Wiegand reader: edges of two pins become frames, frames become cards.
//!
//! It has no light and no buzzer of ours. A frame that does not fit is nobody's card and is not reported.

use crate::{
    reader::{CardRead, CardReader, ReaderChannel, ReaderEvent},
    settings::WiegandSettings,
    wire::wiegand::{Collector, WiegandError},
};
use adapter_sdk::{
    DriverError, ReportError,
    gpio::{Gpio, PinEdge, Pins},
    socket::SocketError,
};
use async_trait::async_trait;
use protocol::{access::Credential, fact::KeyKind};
use std::sync::Arc;
use tokio::{sync::mpsc, time::timeout};

/// What is wrong with a reader whose lines contradict each other.
const WIRES: &str = "reader_wires";

/// The reader.
#[derive(Debug)]
pub(super) struct WiegandReader {
    line: Arc<dyn Gpio>,
    settings: WiegandSettings,
}

impl WiegandReader {
    /// A reader at a line.
    pub(super) fn new(line: Arc<dyn Gpio>, settings: WiegandSettings) -> Self {
        Self { line, settings }
    }

    async fn collect(&self, counter: &ReaderChannel) -> Result<std::convert::Infallible, DriverError> {
        let lost = |source| DriverError::Lost {
            doing: "listening to a reader",
            source,
        };
        let mut pins = self.line.take().map_err(lost)?;
        say(&counter.events, ReaderEvent::Well).await?;
        let mut collector = Collector::default();
        let mut wires = ReaderEvent::Well;
        loop {
            let frame = match self.edge(&mut *pins, &collector).await {
                Some(edge) => collector.take(edge.map_err(lost)?, self.settings.gap),
                None => collector.end(),
            };
            let said = match frame {
                None => continue,
                Some(Ok(number)) => ReaderEvent::Shown(CardRead {
                    side: self.settings.side,
                    credential: Credential {
                        kind: KeyKind::Card,
                        number,
                    },
                }),
                Some(Err(WiegandError::Wires)) => ReaderEvent::Trouble(WIRES),
                Some(Err(error)) => {
                    tracing::debug!(%error, "a frame is no card");
                    continue;
                }
            };
            let now = match &said {
                ReaderEvent::Trouble(_) => said.clone(),
                ReaderEvent::Shown(_) | ReaderEvent::Well => ReaderEvent::Well,
            };
            if now != wires && now == ReaderEvent::Well {
                say(&counter.events, ReaderEvent::Well).await?;
            }
            wires = now;
            say(&counter.events, said).await?;
        }
    }

    /// The next edge; `None` where a frame is over: it is whole, or it has begun and nothing came for as long as the gap.
    async fn edge(&self, pins: &mut dyn Pins, collector: &Collector) -> Option<Result<PinEdge, SocketError>> {
        if self.settings.bits.is_some_and(|bits| collector.is_whole(bits)) {
            return None;
        }
        if collector.is_empty() {
            return Some(pins.edge().await);
        }
        timeout(self.settings.gap, pins.edge()).await.ok()
    }
}

#[async_trait]
impl CardReader for WiegandReader {
    async fn listen(&mut self, counter: &mut ReaderChannel) -> DriverError {
        match self.collect(counter).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }
}

async fn say(said: &mpsc::Sender<ReaderEvent>, what: ReaderEvent) -> Result<(), DriverError> {
    said.send(what)
        .await
        .map_err(|_| DriverError::Unrecorded(ReportError::Stopping))
}
