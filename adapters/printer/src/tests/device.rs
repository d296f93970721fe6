//! An ESC/POS printer that behaves as it is told, and keeps what it was sent.

use adapter_sdk::socket::{ByteChannel, Connector, SocketError};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// As it should.
    Kind,
    /// It says nothing at all.
    Mute,
    /// It says how it is, and nothing more.
    NeverDone,
    /// It wakes from somebody else's image when that is filled up.
    Dazed,
    /// It answers with bytes of something else.
    Garbage,
    /// Its answers come byte by byte, with status frames between them.
    Chatty,
    /// The roll ends when so many bytes of a sheet have come.
    EndsAfter(usize),
    /// The connection ends when so many bytes of a sheet have come.
    CutAfter(usize),
    /// The roll ends right after the sheet is out.
    EndsAtLast,
    /// It has no paper.
    NoPaper,
    /// Its cover is open.
    CoverOpen,
    /// A little paper is left.
    Low,
    /// It never stops saying how it is once a sheet is begun, until that is out.
    Endless,
    /// Each piece of a sheet takes it this long.
    Slow(Duration),
}

/// What it was sent, over all connections.
#[derive(Debug, Default)]
pub(crate) struct ReceivedBytes {
    pub(crate) bytes: Vec<u8>,
    pub(crate) connections: usize,
    answers: VecDeque<u8>,
    sheet: usize,
    dazed: bool,
    ended: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Device {
    behaviour: Behaviour,
    kept: Arc<Mutex<ReceivedBytes>>,
}

impl Device {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        let kept = ReceivedBytes {
            dazed: behaviour == Behaviour::Dazed,
            ..ReceivedBytes::default()
        };
        Self {
            behaviour,
            kept: Arc::new(Mutex::new(kept)),
        }
    }

    /// How often this was sent.
    pub(crate) fn heard(&self, what: &[u8]) -> usize {
        let kept = self.kept.lock().expect("not poisoned");
        kept.bytes.windows(what.len()).filter(|some| *some == what).count()
    }

    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().expect("not poisoned").connections
    }

    /// It says how it is, unasked.
    pub(crate) fn says(&self, frame: [u8; 4]) {
        self.kept.lock().expect("not poisoned").answers.extend(frame);
    }
}

impl ReceivedBytes {
    fn take(&mut self, behaviour: Behaviour, bytes: &[u8]) -> Result<(), SocketError> {
        self.bytes.extend_from_slice(bytes);
        if behaviour == Behaviour::Mute || (self.dazed && bytes.iter().any(|byte| *byte != 0)) {
            return Ok(());
        }
        self.dazed = false;
        if bytes.starts_with(b"\x1dv0") || bytes.ends_with(b"\x1dr1") {
            self.sheet += bytes.len();
        }
        if behaviour == Behaviour::Garbage {
            self.answers.extend(b"\xff\xfe\x81\x9f");
            return Ok(());
        }
        if matches!(behaviour, Behaviour::CutAfter(most) if self.sheet > most) {
            return Err(SocketError::Closed);
        }
        if matches!(behaviour, Behaviour::EndsAfter(most) if self.sheet > most && !self.ended) {
            self.ended = true;
            self.answers.extend([0x18, 0, 0x0c, 0x0f]);
        }
        if bytes.starts_with(b"\x10\x04\x01") {
            let answers = if behaviour == Behaviour::NoPaper || self.ended {
                [0x1a, 0x32, 0x12, 0x72]
            } else if behaviour == Behaviour::CoverOpen {
                [0x1a, 0x16, 0x12, 0x12]
            } else if behaviour == Behaviour::Low {
                [0x12, 0x12, 0x12, 0x1e]
            } else {
                [0x12; 4]
            };
            for answer in answers {
                if behaviour == Behaviour::Chatty {
                    self.answers.extend([0x14, 0, 0, 0x0f]);
                }
                self.answers.push_back(answer);
            }
        }
        if bytes.ends_with(b"\x1dr1") && behaviour != Behaviour::NeverDone && !self.ended {
            if behaviour == Behaviour::EndsAtLast {
                self.ended = true;
                self.answers.extend([0x18, 0, 0x0c, 0x0f]);
            }
            self.answers.push_back(0);
            if behaviour == Behaviour::Endless {
                self.sheet = 0;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Connector for Device {
    async fn dial(&self, _deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        self.kept.lock().expect("not poisoned").connections += 1;
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl ByteChannel for Device {
    async fn write(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), SocketError> {
        if let Behaviour::Slow(span) = self.behaviour
            && bytes.starts_with(b"\x1dv0")
        {
            sleep(span).await;
        }
        self.kept.lock().expect("not poisoned").take(self.behaviour, bytes)
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        loop {
            let said: Vec<u8> = {
                let mut kept = self.kept.lock().expect("not poisoned");
                let most = if self.behaviour == Behaviour::Chatty { 1 } else { 64 };
                if self.behaviour == Behaviour::Endless && kept.sheet > 0 && kept.answers.is_empty() {
                    kept.answers.extend([0x10, 0, 0, 0x0f]);
                }
                let count = kept.answers.len().min(most);
                kept.answers.drain(..count).collect()
            };
            if !said.is_empty() {
                return Ok(said.into());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
}
