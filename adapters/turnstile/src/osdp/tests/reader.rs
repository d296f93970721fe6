//! Readers on a bus that answer as they are told to, at once, and note down what they were asked.
//!
//! Their half of the secure channel is the panel's arithmetic turned round, which the recordings hold to the standard.

use crate::osdp::{
    OsdpBusSettings,
    key::BaseKey,
    secure_channel::{MacChain, SessionKeys},
    wire::frame::{FrameCheck, FrameDirection, HandshakeStep, OsdpFrame, Security},
};
use adapter_sdk::socket::{ByteChannel, Connector, SocketError};
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::time::Instant;

/// The key of the settings.
pub(super) const KEY: &str = "8c7712ab40f35e6901d2c4b8e57a9f30";

/// A key of nobody.
pub(super) const ANY_KEY: &str = "00112233445566778899aabbccddeef0";

/// A bus with two readers, 1 at side A and 2 at side B.
pub(super) fn bus(enrol_until: Option<&str>) -> OsdpBusSettings {
    let reader = |address, side| json!({"address": address, "side": side, "key": KEY, "enrol_until": enrol_until});
    let document = json!({"path": "/dev/ttyUSB0", "readers": [reader(1, "a"), reader(2, "b")]});
    OsdpBusSettings::parse(&document).expect("good settings")
}

/// How a reader behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReaderBehaviour {
    /// As it should.
    Kind,
    /// It has no power.
    Dead,
    /// It obeys, and so many of its next answers get lost.
    Mumbles(u32),
    /// So many times it has no time.
    Busy(u32),
    /// It never has time for its output.
    BusyAtOutput,
    /// It leaves each session when it is polled.
    Leaves,
    /// It knows no secure channel.
    Insecure,
    /// Somebody else answers for it, without the secure channel, with a card.
    Impersonated,
    /// Somebody changes its next answer on the way.
    Forged,
}

/// What a reader does about its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// What it is told.
    Obeys,
    /// Nothing, and it says so.
    Refuses,
}

/// Which key a reader has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// One of its own.
    Own(BaseKey),
    /// The one that everybody knows, and it says so.
    New,
    /// The one that everybody knows; asked for its own it answers with anything, as `libosdp` in its install mode.
    NewAndVague,
}

impl Key {
    /// The key of a challenge for its own (1) or for the one that everybody knows (0), and which one it says it is.
    fn answering(&self, asked: u8) -> (BaseKey, u8) {
        match (self, asked) {
            (Key::Own(key), _) => (key.clone(), 1),
            (Key::New, _) | (Key::NewAndVague, 0) => (BaseKey::default_key(), 0),
            (Key::NewAndVague, _) => (BaseKey::parse(ANY_KEY).expect("a key"), 1),
        }
    }
}

/// One reader.
#[derive(Debug)]
pub(super) struct Pd {
    address: u8,
    pub(super) key: Key,
    pub(super) habit: ReaderBehaviour,
    /// What it can do, as `osdp_PDCAP` has it.
    pub(super) abilities: Vec<u8>,
    /// What it says when it is polled.
    pub(super) news: VecDeque<(u8, Vec<u8>)>,
    /// What it says to `osdp_OUT`: nothing, or a refusal's number.
    pub(super) output: Output,
    /// What it was asked, polls left out.
    pub(super) asked: String,
    handshake: Option<(SessionKeys, [u8; 16])>,
    chain: Option<MacChain>,
    last: Option<(OsdpFrame, Vec<u8>)>,
}

impl Pd {
    fn new(address: u8) -> Self {
        Self {
            address,
            key: Key::Own(BaseKey::parse(KEY).expect("a key")),
            habit: ReaderBehaviour::Kind,
            abilities: vec![4, 1, 1, 5, 1, 1],
            news: VecDeque::new(),
            output: Output::Obeys,
            asked: String::new(),
            handshake: None,
            chain: None,
            last: None,
        }
    }

    /// Somebody shows a card.
    pub(super) fn card(&mut self, bits: u64, count: u8) {
        let filled = bits << (u32::from(count).next_multiple_of(8) - u32::from(count));
        let bytes = usize::from(count).div_ceil(8);
        let mut body = vec![0, 1, count, 0];
        body.extend(&filled.to_be_bytes()[8 - bytes..]);
        self.news.push_back((0x50, body));
    }

    /// It loses power for a moment.
    pub(super) fn reboot(&mut self) {
        (self.handshake, self.chain, self.last) = (None, None, None);
    }

    fn hear(&mut self, frame: &OsdpFrame) -> Option<Vec<u8>> {
        if frame.address != self.address || frame.direction != FrameDirection::Command {
            return None;
        }
        match &mut self.habit {
            ReaderBehaviour::Dead => return None,
            ReaderBehaviour::Busy(times) if *times > 0 => {
                *times -= 1;
                return Some(plain(self.address, 0, 0x79, &[]).encode());
            }
            ReaderBehaviour::BusyAtOutput if frame.code == 0x68 => {
                return Some(plain(self.address, 0, 0x79, &[]).encode());
            }
            ReaderBehaviour::Leaves if frame.code == 0x60 => {
                self.chain = None;
                return Some(plain(self.address, frame.sequence, 0x41, &[6]).encode());
            }
            ReaderBehaviour::Impersonated if self.chain.is_some() => {
                let card = [0, 1, 26, 0, 0x12, 0x34, 0x56, 0x40];
                return Some(plain(self.address, frame.sequence, 0x50, &card).encode());
            }
            ReaderBehaviour::Kind
            | ReaderBehaviour::Busy(_)
            | ReaderBehaviour::BusyAtOutput
            | ReaderBehaviour::Leaves
            | ReaderBehaviour::Mumbles(_)
            | ReaderBehaviour::Insecure
            | ReaderBehaviour::Impersonated
            | ReaderBehaviour::Forged => {}
        }
        let again = self.last.as_ref().filter(|(last, _)| last == frame);
        let mut reply = match again {
            Some((_, reply)) => reply.clone(),
            None => self.obey(frame).encode(),
        };
        self.last = Some((frame.clone(), reply.clone()));
        match &mut self.habit {
            ReaderBehaviour::Mumbles(times) if *times > 0 && self.chain.is_some() => {
                *times -= 1;
                return None;
            }
            ReaderBehaviour::Forged if self.chain.is_some() => {
                let mut forged = OsdpFrame::parse(&reply).expect("a frame");
                if let Security::Sealed { mac, .. } = &mut forged.security {
                    mac[0] ^= 1;
                    self.habit = ReaderBehaviour::Kind;
                }
                reply = forged.encode();
            }
            ReaderBehaviour::Kind
            | ReaderBehaviour::Dead
            | ReaderBehaviour::Busy(_)
            | ReaderBehaviour::BusyAtOutput
            | ReaderBehaviour::Leaves
            | ReaderBehaviour::Mumbles(_)
            | ReaderBehaviour::Insecure
            | ReaderBehaviour::Impersonated
            | ReaderBehaviour::Forged => {}
        }
        Some(reply)
    }

    fn obey(&mut self, frame: &OsdpFrame) -> OsdpFrame {
        if frame.sequence == 0 {
            self.reboot();
        }
        let address = self.address;
        let refused = |why| plain(address, frame.sequence, 0x41, &[why]);
        let reply = |code, body: &[u8], security| OsdpFrame {
            security,
            ..plain(address, frame.sequence, code, body)
        };
        match frame.security {
            Security::Plain if frame.code == 0x61 => plain(self.address, frame.sequence, 0x45, &[7; 12]),
            Security::Plain => refused(6),
            Security::Handshake(..) if self.habit == ReaderBehaviour::Insecure => refused(5),
            Security::Handshake(HandshakeStep::Challenge, asked) => {
                let (key, says) = self.key.answering(asked);
                self.asked += "challenge; ";
                let panel = frame.body.clone().try_into().expect("8 bytes");
                let keys = SessionKeys::derive(&key, panel);
                let mut body = vec![1, 2, 3, 4, 5, 6, 7, 8];
                body.extend([9; 8]);
                body.extend(keys.cryptogram(panel, [9; 8]));
                let reply = reply(0x76, &body, Security::Handshake(HandshakeStep::Challenge, says));
                self.handshake = Some((keys.clone(), keys.cryptogram([9; 8], panel)));
                reply
            }
            Security::Handshake(HandshakeStep::Proof, _) => {
                let Some((keys, proof)) = self.handshake.take().filter(|(_, proof)| frame.body == proof) else {
                    return reply(0x78, &[0; 16], Security::Handshake(HandshakeStep::Proof, 0xFF));
                };
                let first = keys.first_mac(proof);
                let reply = reply(0x78, &first, Security::Handshake(HandshakeStep::Proof, 1));
                self.chain = Some(MacChain::new(keys, first));
                reply
            }
            Security::Sealed { .. } => {
                let opened = self.chain.as_mut().and_then(|chain| chain.open(frame).ok());
                let Some(body) = opened else {
                    return refused(6);
                };
                let (code, body) = self.answer(frame.code, &body);
                let plain = plain(self.address, frame.sequence, code, &body);
                self.chain.as_mut().expect("a session").seal(plain)
            }
        }
    }

    fn answer(&mut self, code: u8, body: &[u8]) -> (u8, Vec<u8>) {
        match code {
            0x60 => return self.news.pop_front().unwrap_or((0x40, Vec::new())),
            0x61 => return (0x45, vec![7; 12]),
            0x62 => return (0x46, self.abilities.clone()),
            0x64 => return (0x48, vec![0, 0]),
            0x75 => {
                let hex = body[2..]
                    .iter()
                    .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
                self.key = Key::Own(BaseKey::parse(&hex).expect("a key"));
                self.asked += "key; ";
            }
            0x68 if self.output == Output::Refuses => return (0x41, vec![9]),
            other => write!(self.asked, "{other:02x} {body:?}; ").expect("a string"),
        }
        (0x40, Vec::new())
    }
}

fn plain(address: u8, sequence: u8, code: u8, body: &[u8]) -> OsdpFrame {
    OsdpFrame {
        direction: FrameDirection::Reply,
        address,
        sequence,
        check: FrameCheck::Crc,
        security: Security::Plain,
        code,
        body: body.to_vec(),
    }
}

/// A bus with the readers 1 and 2.
#[derive(Debug, Clone)]
pub(super) struct ReaderBus(Arc<Mutex<[Pd; 2]>>);

impl ReaderBus {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new([Pd::new(1), Pd::new(2)])))
    }

    /// The readers, 1 and 2.
    pub(super) fn readers(&self) -> MutexGuard<'_, [Pd; 2]> {
        self.0.lock().expect("nobody panicked")
    }
}

#[async_trait]
impl Connector for ReaderBus {
    async fn dial(&self, _: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        Ok(Box::new(BusEnd {
            street: self.clone(),
            replies: VecDeque::new(),
        }))
    }
}

#[derive(Debug)]
struct BusEnd {
    street: ReaderBus,
    replies: VecDeque<Bytes>,
}

#[async_trait]
impl ByteChannel for BusEnd {
    async fn write(&mut self, bytes: &[u8], _: Instant) -> Result<(), SocketError> {
        let frame = OsdpFrame::parse(bytes.strip_prefix(&[0xFF]).expect("a mark")).expect("a frame");
        for pd in self.street.readers().iter_mut() {
            let reply = pd.hear(&frame).unwrap_or_default();
            let (front, back) = reply.split_at(reply.len() / 2);
            let pieces = [front, back].into_iter().filter(|piece| !piece.is_empty());
            self.replies.extend(pieces.map(Bytes::copy_from_slice));
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        match self.replies.pop_front() {
            Some(bytes) => Ok(bytes),
            None => std::future::pending().await,
        }
    }
}
