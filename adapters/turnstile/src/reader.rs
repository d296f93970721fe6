//! What a reader is to the gate: something beside it that says what people show, and shows them what was decided.
//!
//! A reader decides nothing and opens nothing. What was shown is personal: it stands in no log, error or `Debug`.

use adapter_sdk::DriverError;
use async_trait::async_trait;
use protocol::access::Credential;
use serde::Deserialize;
use std::fmt;
use tokio::sync::mpsc;

/// Which side of the gate: what a person at that side is let through with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// Door 1 of the device.
    A,
    /// Door 2.
    B,
}

impl Side {
    /// Both sides.
    pub(crate) const BOTH: [Side; 2] = [Side::A, Side::B];
}

/// A card, or what stands for one, read at one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardRead {
    /// Where.
    pub(crate) side: Side,
    /// What was read; of a card its data bits without parity ([`crate::wire::wiegand`]).
    pub(crate) credential: Credential,
}

/// What a reader says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReaderEvent {
    /// Somebody showed something.
    Shown(CardRead),
    /// It can be talked to, and nothing is wrong with it.
    Well,
    /// It answers, but not as it should: a short stable word such as `reader_tamper`. It lasts until [`ReaderEvent::Well`].
    Trouble(&'static str),
}

/// What was decided, for the reader's light and buzzer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReaderFeedback {
    /// At which side it was shown.
    pub(crate) side: Side,
    /// What the reader shows.
    pub(crate) indication: Indication,
}

/// What a reader shows whoever stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indication {
    /// Come through.
    Granted,
    /// Do not.
    Denied,
}

/// Where a reader speaks with the gate.
#[derive(Debug)]
pub(crate) struct ReaderChannel {
    /// What it says. Full: it waits; closed: the gate's run is over.
    pub(crate) events: mpsc::Sender<ReaderEvent>,
    /// What was decided about what it said. One that has no light or buzzer need not look.
    pub(crate) feedback: mpsc::Receiver<ReaderFeedback>,
}

/// A reader, or several on one bus.
#[async_trait]
pub(crate) trait CardReader: Send + fmt::Debug {
    /// One run: opens its line, says [`ReaderEvent::Well`], then what people show. Ends only with a reason to start anew; that is
    /// done after a pause, and the gate meanwhile goes on without it. Its future is dropped where the gate's run ends.
    async fn listen(&mut self, counter: &mut ReaderChannel) -> DriverError;
}
