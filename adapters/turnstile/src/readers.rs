//! The readers beside one gate, each with its own line: one that breaks is begun anew and disturbs nobody.
//!
//! What they say comes out of one channel, with the moment at which it was said.

mod wiegand;

use crate::{
    osdp::{OsdpReaders, ReaderOutputs},
    reader::{CardReader, ReaderChannel, ReaderEvent, ReaderFeedback},
    settings::{ReaderWiring, Settings},
};
use adapter_sdk::{Clock, DriverError, Line};
use futures_util::future::join_all;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use wiegand::WiegandReader;

/// Things one reader may have said that the gate did not take yet.
const SAID: usize = 4;
/// Verdicts that may wait for one reader.
const VERDICTS: usize = 4;
/// Until a reader that broke is begun anew; doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// What is wrong with a reader that broke.
const LOST: &str = "reader_lost";

/// What a reader said, and when.
#[derive(Debug)]
pub(crate) struct ReaderMessage {
    /// Which one, from 0, in the order of the settings.
    pub(crate) reader: usize,
    /// What.
    pub(crate) event: ReaderEvent,
    /// When.
    pub(crate) at: Instant,
}

/// The gate's end of its readers.
#[derive(Debug)]
pub(crate) struct GateReaders {
    /// What they say. It does not end while the gate's run lasts.
    pub(crate) messages: mpsc::Receiver<ReaderMessage>,
    feedback: Vec<mpsc::Sender<ReaderFeedback>>,
    /// Keeps `heard` open where there are no readers.
    _open: mpsc::Sender<ReaderMessage>,
}

/// The readers' end: to be waited for together with the gate.
#[derive(Debug)]
pub(crate) struct ReaderListeners(Vec<ReaderTask>);

/// One reader, and how it is heard.
#[derive(Debug)]
struct ReaderTask {
    number: usize,
    reader: Box<dyn CardReader>,
    feedback: mpsc::Receiver<ReaderFeedback>,
    messages: mpsc::Sender<ReaderMessage>,
}

/// Seats every reader of the settings at its line; gives also the way to OSDP readers' own outputs.
pub(crate) fn connect_readers(
    settings: &Settings,
    lines: impl Iterator<Item = Line>,
    clock: &Arc<dyn Clock>,
) -> Result<(GateReaders, ReaderListeners, Vec<ReaderOutputs>), DriverError> {
    let (open, heard) = mpsc::channel(SAID);
    let (mut feedback, mut seats, mut relays) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (at, line)) in settings.readers.iter().zip(lines).enumerate() {
        let reader: Box<dyn CardReader> = match at {
            ReaderWiring::Wiegand(wiegand) => Box::new(WiegandReader::new(line.gpio()?, wiegand.clone())),
            ReaderWiring::Osdp(bus) => {
                let (readers, relay) = OsdpReaders::new(bus, line, Arc::clone(clock), settings.wiring.at_readers())?;
                relays.push(relay);
                Box::new(readers)
            }
        };
        let (verdict, coming) = mpsc::channel(VERDICTS);
        feedback.push(verdict);
        seats.push(ReaderTask {
            number,
            reader,
            feedback: coming,
            messages: open.clone(),
        });
    }
    if seats.len() < settings.readers.len() {
        return Err(DriverError::Protocol("there are fewer lines than readers".to_owned()));
    }
    let readers = GateReaders {
        messages: heard,
        feedback,
        _open: open,
    };
    Ok((readers, ReaderListeners(seats), relays))
}

impl GateReaders {
    /// Shows a verdict at a reader; one that is too busy to show it does not keep the gate waiting.
    pub(crate) fn show(&self, reader: usize, verdict: ReaderFeedback) {
        if let Some(feedback) = self.feedback.get(reader)
            && feedback.try_send(verdict).is_err()
        {
            tracing::debug!(reader, "a verdict is not shown");
        }
    }
}

impl ReaderListeners {
    /// Listens for as long as it is waited for.
    pub(crate) async fn run(self) -> Infallible {
        let all = self.0.into_iter().map(|seat| async move { seat.run().await });
        join_all(all).await;
        std::future::pending().await
    }
}

impl ReaderTask {
    /// Again and again; ends where the gate's run does.
    async fn run(self) {
        let ReaderTask {
            number,
            mut reader,
            feedback,
            messages: heard,
        } = self;
        let (said, mut saying) = mpsc::channel(SAID);
        let mut counter = ReaderChannel { events: said, feedback };
        let mut post = ReaderOutbox {
            reader: number,
            messages: heard,
            pending_state: None,
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let end = {
                let listening = reader.listen(&mut counter);
                tokio::pin!(listening);
                loop {
                    tokio::select! {
                        biased;
                        Some(said) = saying.recv() => {
                            if said == ReaderEvent::Well {
                                pause = FIRST_PAUSE;
                            }
                            post.take(said);
                        }
                        () = post.deliver(), if post.waits() => {}
                        end = &mut listening => break end,
                    }
                }
            };
            tracing::debug!(
                reader = number,
                error = &end as &dyn std::error::Error,
                "a reader broke"
            );
            // What it said with its last breath counts too.
            while let Ok(said) = saying.try_recv() {
                post.take(said);
            }
            post.take(ReaderEvent::Trouble(LOST));
            let begins = Instant::now() + pause;
            if post.waits() {
                post.deliver().await;
            }
            sleep_until(begins).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// What a reader says, on its way to the gate. How the reader is waits until the gate listens. A card does not: it would be
/// old when it is heard, and open late.
#[derive(Debug)]
struct ReaderOutbox {
    reader: usize,
    messages: mpsc::Sender<ReaderMessage>,
    /// How the reader is, while the gate does not listen.
    pending_state: Option<ReaderEvent>,
}

impl ReaderOutbox {
    /// Takes what was said just now.
    fn take(&mut self, said: ReaderEvent) {
        let waits = self.waits();
        let free = match self.messages.try_reserve() {
            Ok(free) if !waits => free,
            // Nobody listens any more where the gate's run is over.
            Ok(_) | Err(_) => {
                match said {
                    ReaderEvent::Shown(_) => {
                        tracing::debug!(reader = self.reader, "a card that the gate has no time for")
                    }
                    ReaderEvent::Well | ReaderEvent::Trouble(_) => self.pending_state = Some(said),
                }
                return;
            }
        };
        free.send(heard(self.reader, said));
    }

    /// Whether something waits until the gate listens.
    fn waits(&self) -> bool {
        self.pending_state.is_some()
    }

    /// Waits until the gate listens. Given up while waiting, nothing is lost.
    async fn deliver(&mut self) {
        let Ok(free) = self.messages.reserve().await else {
            return std::future::pending().await;
        };
        if let Some(said) = self.pending_state.take() {
            free.send(heard(self.reader, said));
        }
    }
}

fn heard(reader: usize, said: ReaderEvent) -> ReaderMessage {
    let at = Instant::now();
    ReaderMessage {
        reader,
        event: said,
        at,
    }
}

#[cfg(test)]
mod tests;
