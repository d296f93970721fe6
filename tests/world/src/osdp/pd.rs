//! One reader: what it knows, what it is asked, what it answers, and how it misbehaves where a test wants that.
//!
//! It obeys nothing outside the secure channel but a question for its name.

use super::{
    frame::{self, ReceivedCommand},
    secure::{Block16, DEFAULT_KEY, Session},
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// After such a silence a session is over.
const SILENCE: Duration = Duration::from_secs(8);
/// Refusals (`osdp_NAK`).
const UNKNOWN: u8 = 3;
const SEQUENCE: u8 = 4;
const UNSECURED: u8 = 6;
/// A card as bits (`osdp_RAW`).
const CARD: u8 = 0x50;

/// A reader.
#[derive(Debug)]
pub struct Pd {
    address: u8,
    key: Option<Block16>,
    buffer: Vec<u8>,
    session: Option<Session>,
    last: Option<(Vec<u8>, u8, Vec<u8>)>,
    heard: Option<Instant>,
    news: VecDeque<(u8, Vec<u8>)>,
    told: Vec<Instant>,
    opened: u8,
    lost: u32,
    busy: u32,
    plug: CableState,
    did: Vec<PdAction>,
    counts: Counters,
}

/// Where its plug is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CableState {
    In,
    Out,
}

/// What a reader was told to do, and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PdAction {
    /// It lit up: 1 red, 2 green.
    Light(u8),
    /// It beeped so many times.
    Beep(u8),
    /// Its output was on for so many tenths of a second.
    Pulse(u8, u16),
}

/// What a reader counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Polls within a session.
    pub polls: u64,
    /// Challenges.
    pub challenges: u64,
    /// Sessions.
    pub sessions: u64,
    /// Keys given to it.
    pub keys: u64,
    /// Refusals.
    pub refusals: u64,
    /// Frames that came a second time, which it answered again and did not obey.
    pub repeats: u64,
}

impl Pd {
    /// A reader with a key of its own.
    pub fn with_key(address: u8, key: [u8; 16]) -> Self {
        Self {
            key: Some(key),
            ..Self::new(address)
        }
    }

    /// A reader as it comes from its maker: it takes a key over the key that everybody knows.
    pub fn new(address: u8) -> Self {
        Self {
            address,
            key: None,
            buffer: Vec::new(),
            session: None,
            last: None,
            heard: None,
            news: VecDeque::new(),
            told: Vec::new(),
            opened: 0,
            lost: 0,
            busy: 0,
            plug: CableState::In,
            did: Vec::new(),
            counts: Counters::default(),
        }
    }

    /// Somebody shows a card of 26 bits.
    pub fn card_26(&mut self, facility: u8, number: u16) {
        let content = u32::from(facility) << 16 | u32::from(number);
        let even = (content >> 12).count_ones() % 2;
        let odd = 1 - (content & 0xFFF).count_ones() % 2;
        let bits = (even << 25 | content << 1 | odd) << 6;
        let mut body = vec![0, 1, 26, 0];
        body.extend(bits.to_be_bytes());
        self.news.push_back((CARD, body));
    }

    /// Somebody opens its case.
    pub fn open_case(&mut self) {
        self.opened = 1;
        self.news.push_back((0x48, vec![1, 0]));
    }

    /// Somebody closes its case.
    pub fn close_case(&mut self) {
        self.opened = 0;
        self.news.push_back((0x48, vec![0, 0]));
    }

    /// So many of its next answers get lost on the bus, though it did what it was told.
    pub fn lose_answers(&mut self, count: u32) {
        self.lost = count;
    }

    /// So many times it has no time.
    pub fn be_busy(&mut self, times: u32) {
        self.busy = times;
    }

    /// Pulls its plug.
    pub fn unplug(&mut self) {
        self.plug = CableState::Out;
        (self.session, self.last) = (None, None);
    }

    /// Puts its plug in again.
    pub fn plug_in(&mut self) {
        self.plug = CableState::In;
    }

    /// Its own key, if it was given one.
    pub fn key(&self) -> Option<[u8; 16]> {
        self.key
    }

    /// Everything it did, in order.
    pub fn did(&self) -> &[PdAction] {
        &self.did
    }

    /// When it told the panel of each card.
    pub fn told(&self) -> &[Instant] {
        &self.told
    }

    /// What it counted.
    pub fn counts(&self) -> Counters {
        self.counts
    }

    /// Hears what is on the bus; gives what it puts there.
    pub fn hear(&mut self, bytes: &[u8], now: Instant) -> Vec<u8> {
        self.buffer.extend_from_slice(bytes);
        let mut replies = Vec::new();
        while let Some(heard) = frame::next(&mut self.buffer) {
            if heard.address == self.address && self.plug == CableState::In {
                replies.extend(self.answer(&heard, now));
            }
        }
        replies
    }

    fn answer(&mut self, heard: &ReceivedCommand, now: Instant) -> Vec<u8> {
        if self.heard.replace(now).is_some_and(|before| now - before > SILENCE) {
            self.session = None;
        }
        if self.busy > 0 {
            self.busy -= 1;
            return finish(frame::begin((self.address, 0), &[], 0x79, &[]));
        }
        let again = self.last.as_ref().filter(|(bytes, ..)| *bytes == heard.bytes);
        let reply = if let Some((_, _, reply)) = again {
            self.counts.repeats += 1;
            reply.clone()
        } else {
            let expected = self.last.as_ref().map_or(0, |(_, sequence, _)| sequence % 3 + 1);
            let reply = match heard.sequence {
                0 => {
                    self.session = None;
                    self.obey(heard)
                }
                sequence if sequence == expected => self.obey(heard),
                _ => self.refuse(heard, SEQUENCE),
            };
            self.last = Some((heard.bytes.clone(), heard.sequence, reply.clone()));
            reply
        };
        if self.lost > 0 {
            self.lost -= 1;
            return Vec::new();
        }
        reply
    }

    fn obey(&mut self, heard: &ReceivedCommand) -> Vec<u8> {
        match (&heard.block, heard.code) {
            (None, 0x61) => finish(self.begin(heard, &[], 0x45, &IDENTITY)),
            (Some((0x11, _)), 0x76) => self.challenged(heard),
            (Some((0x13, _)), 0x77) => self.proved(heard),
            (Some((0x15 | 0x17, _)), code) => {
                let Some(body) = self.session.as_mut().and_then(|session| session.open(heard)) else {
                    return self.refuse(heard, UNSECURED);
                };
                let (code, body) = self.do_as_told(code, &body);
                self.seal(heard, code, &body)
            }
            _ => self.refuse(heard, UNSECURED),
        }
    }

    fn challenged(&mut self, heard: &ReceivedCommand) -> Vec<u8> {
        self.counts.challenges += 1;
        let Ok(panel) = <[u8; 8]>::try_from(heard.body.as_slice()) else {
            return self.refuse(heard, 2);
        };
        let mut nonce = [0; 8];
        if getrandom::fill(&mut nonce).is_err() {
            return Vec::new();
        }
        let session = Session::new(&self.key.unwrap_or(DEFAULT_KEY), panel, nonce);
        let mut body: Vec<u8> = IDENTITY.into_iter().take(8).collect();
        body.extend(nonce);
        body.extend(session.client_cryptogram());
        self.session = Some(session);
        finish(self.begin(heard, &[3, 0x12, self.key.is_some().into()], 0x76, &body))
    }

    fn proved(&mut self, heard: &ReceivedCommand) -> Vec<u8> {
        let first = self.session.as_mut().and_then(|session| session.prove(&heard.body));
        match first {
            Some(first) => {
                self.counts.sessions += 1;
                finish(self.begin(heard, &[3, 0x14, 1], 0x78, &first))
            }
            None => {
                self.session = None;
                finish(self.begin(heard, &[3, 0x14, 0xFF], 0x78, &[0; 16]))
            }
        }
    }

    fn do_as_told(&mut self, code: u8, body: &[u8]) -> (u8, Vec<u8>) {
        match (code, body) {
            (0x60, _) => {
                self.counts.polls += 1;
                let news = self.news.pop_front().unwrap_or((0x40, Vec::new()));
                if news.0 == CARD {
                    self.told.extend(self.heard);
                }
                return news;
            }
            (0x61, _) => return (0x45, IDENTITY.to_vec()),
            // A contact, an output, RAW cards, a light, a buzzer, CRC, AES.
            (0x62, _) => {
                return (
                    0x46,
                    vec![1, 1, 1, 2, 1, 1, 3, 1, 1, 4, 1, 1, 5, 1, 1, 8, 1, 0, 9, 1, 1],
                );
            }
            (0x64, _) => return (0x48, vec![self.opened, 0]),
            (0x68, [_, 1, ..]) => {}
            (0x68, [output, 5, low, high]) => {
                self.did
                    .push(PdAction::Pulse(*output, u16::from_le_bytes([*low, *high])));
            }
            (0x69, [_, _, 2, _, _, colour, ..]) => self.did.push(PdAction::Light(*colour)),
            (0x6A, [_, _, _, _, times]) => self.did.push(PdAction::Beep(*times)),
            (0x75, [1, 16, key @ ..]) if key.len() == 16 => {
                self.key = key.try_into().ok();
                self.counts.keys += 1;
            }
            _ => {
                self.counts.refusals += 1;
                return (0x41, vec![UNKNOWN]);
            }
        }
        (0x40, Vec::new())
    }

    fn seal(&mut self, heard: &ReceivedCommand, code: u8, body: &[u8]) -> Vec<u8> {
        let command = (self.address, heard.sequence);
        let Some(session) = &mut self.session else {
            return Vec::new();
        };
        let mut reply = if body.is_empty() {
            frame::begin(command, &[2, 0x16], code, &[])
        } else {
            frame::begin(command, &[2, 0x18], code, &session.encrypt(body))
        };
        let mac = session.sign(&reply);
        reply.extend(mac);
        finish(reply)
    }

    fn refuse(&mut self, heard: &ReceivedCommand, why: u8) -> Vec<u8> {
        self.counts.refusals += 1;
        self.session = None;
        finish(self.begin(heard, &[], 0x41, &[why]))
    }

    fn begin(&self, heard: &ReceivedCommand, block: &[u8], code: u8, body: &[u8]) -> Vec<u8> {
        frame::begin((self.address, heard.sequence), block, code, body)
    }
}

/// Maker, model, version, serial number, firmware.
const IDENTITY: [u8; 12] = [0x00, 0x06, 0x8E, 1, 1, 0x39, 0x30, 0, 0, 2, 1, 0];

fn finish(mut reply: Vec<u8>) -> Vec<u8> {
    let check = frame::check(&reply, 0x04);
    reply.extend(check);
    reply
}
