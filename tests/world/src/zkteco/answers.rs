//! What the terminal answers to each request.

use super::{
    config::{Config, RecordLayout},
    device::{BulkReads, Desk, Device, UnlockReply},
    layout,
    packet::{Packet, token},
};
use std::time::Duration;

/// A store up to this size is sent at once; above it is read in chunks.
const AT_ONCE: usize = 1024;
/// Bytes of one packet of a chunk over UDP.
const UDP_PIECE: usize = 1024;

const OK: u16 = 2000;
const ERROR: u16 = 2001;
const UNAUTHORISED: u16 = 2005;

/// How packets reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Tcp,
    Udp,
}

/// How far somebody got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SessionState {
    Unknown,
    Unproved,
    Open,
}

/// Somebody's session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: u16,
    stage: SessionState,
    /// Asked for live events.
    pub(super) listening: LiveEvents,
    ready: Vec<u8>,
}

/// Whether a session hears live events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiveEvents {
    Yes,
    No,
}

/// What follows a request.
#[derive(Debug)]
pub(super) enum Answer {
    Packets(Vec<Packet>),
    Nothing,
    Cut,
    /// It says yes, and its power goes.
    Reboot(Vec<Packet>),
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            id: 0,
            stage: SessionState::Unknown,
            listening: LiveEvents::No,
            ready: Vec::new(),
        }
    }

    /// Answers one request.
    pub(super) fn answer(&mut self, device: &mut Device, request: &Packet, way: Way) -> Answer {
        let one = |code: u16, session: u16, data: Vec<u8>| {
            Answer::Packets(vec![Packet {
                command: code,
                session,
                reply: request.reply,
                data,
            }])
        };
        match (request.command, self.stage) {
            (1000, _) => {
                device.counts.sessions += 1;
                *self = Self::new();
                self.id = 0x1000 + u16::try_from(device.counts.sessions % 0x7000).unwrap_or(0);
                self.stage = if device.config.comm_key == 0 {
                    SessionState::Open
                } else {
                    SessionState::Unproved
                };
                let code = if self.stage == SessionState::Open {
                    OK
                } else {
                    UNAUTHORISED
                };
                one(code, self.id, Vec::new())
            }
            (1102, SessionState::Unproved | SessionState::Open)
                if request.data == token(device.config.comm_key, self.id) =>
            {
                self.stage = SessionState::Open;
                one(OK, self.id, Vec::new())
            }
            (1102, _) => {
                device.counts.wrong_keys += 1;
                one(UNAUTHORISED, self.id, Vec::new())
            }
            (OK, _) => {
                device.counts.acknowledged += 1;
                Answer::Nothing
            }
            (_, SessionState::Open) if request.session == self.id => self.open(device, request, way),
            (_, SessionState::Open | SessionState::Unproved | SessionState::Unknown) => {
                one(UNAUTHORISED, self.id, Vec::new())
            }
        }
    }

    fn open(&mut self, device: &mut Device, request: &Packet, way: Way) -> Answer {
        let packet = |command: u16, data: Vec<u8>| Packet {
            command,
            session: self.id,
            reply: request.reply,
            data,
        };
        let one = |code: u16, data: Vec<u8>| Answer::Packets(vec![packet(code, data)]);
        match request.command {
            31 => match unlock(device, &request.data) {
                UnlockReply::Prompt => one(OK, Vec::new()),
                UnlockReply::Silent => Answer::Nothing,
                UnlockReply::Cut => Answer::Cut,
                UnlockReply::Refused => one(ERROR, Vec::new()),
            },
            500 => {
                let mask = number(&request.data, 0).unwrap_or(0);
                self.listening = if mask == 0 { LiveEvents::No } else { LiveEvents::Yes };
                one(OK, Vec::new())
            }
            1001 => {
                self.stage = SessionState::Unknown;
                self.listening = LiveEvents::No;
                one(OK, Vec::new())
            }
            1004 => Answer::Reboot(vec![packet(OK, Vec::new())]),
            1504 if device.reads == BulkReads::Stalled => Answer::Nothing,
            1503 | 1504 => Answer::Packets(self.bulk(device, request, way)),
            1502 => {
                self.ready.clear();
                one(OK, Vec::new())
            }
            _ => match simple(device, request) {
                Some(data) => one(OK, data),
                None => one(ERROR, Vec::new()),
            },
        }
    }

    /// Large reads: getting a store ready, and reading a piece of it.
    fn bulk(&mut self, device: &Device, request: &Packet, way: Way) -> Vec<Packet> {
        let packet = |command: u16, data: Vec<u8>| Packet {
            command,
            session: self.id,
            reply: request.reply,
            data,
        };
        let one = |code: u16, data: Vec<u8>| vec![packet(code, data)];
        match request.command {
            1503 => match store(device, &request.data) {
                None => one(ERROR, Vec::new()),
                Some(bytes) if bytes.len() <= AT_ONCE => one(1501, bytes),
                Some(bytes) => {
                    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
                    self.ready = bytes;
                    one(OK, [&[0][..], &size, &[0; 4]].concat())
                }
            },
            _ => {
                let span = number(&request.data, 0).zip(number(&request.data, 4));
                let piece = span.and_then(|(start, size)| {
                    let start = usize::try_from(start).ok()?;
                    self.ready.get(start..start.checked_add(usize::try_from(size).ok()?)?)
                });
                let Some(piece) = piece else {
                    return one(ERROR, Vec::new());
                };
                let size = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_le_bytes();
                let mut packets = vec![packet(1500, [size, [0; 4]].concat())];
                let width = match way {
                    Way::Tcp => piece.len().max(1),
                    Way::Udp => UDP_PIECE,
                };
                packets.extend(piece.chunks(width).map(|part| packet(1501, part.to_vec())));
                packets.push(packet(OK, Vec::new()));
                packets
            }
        }
    }
}

/// What is answered with one packet; `None`: an error.
fn simple(device: &mut Device, request: &Packet) -> Option<Vec<u8>> {
    let data = &request.data;
    match request.command {
        8 => {
            let user = device.config.users.decode(data)?;
            device
                .users
                .retain(|known| known.slot != user.slot && known.person != user.person);
            device.users.push(user);
            device.counts.user_writes += 1;
        }
        11 => return option(&device.config, data),
        15 => device.log.clear(),
        18 => {
            let slot = u16::from_le_bytes(data.get(..2)?.try_into().ok()?);
            let before = device.users.len();
            device.users.retain(|user| user.slot != slot);
            device.counts.user_writes += 1;
            return (device.users.len() < before).then(Vec::new);
        }
        50 => return Some(sizes(device)),
        201 => return Some(layout::packed(device.wall()).to_le_bytes().to_vec()),
        202 => device.set_wall(layout::unpacked(number(data, 0)?)?),
        1002 => device.desk = Desk::Open,
        1003 => {
            device.desk = Desk::Closed;
            device.counts.closed += 1;
        }
        1100 => return Some([device.config.firmware.as_bytes(), &[0]].concat()),
        // Refresh, verify, cancel, door state, voice.
        1013 | 60 | 62 | 75 | 1017 => {}
        _ => return None,
    }
    Some(Vec::new())
}

fn unlock(device: &mut Device, data: &[u8]) -> UnlockReply {
    device.counts.unlocks += 1;
    let reply = std::mem::replace(&mut device.next_unlock, UnlockReply::Prompt);
    if reply != UnlockReply::Refused {
        let tenths = number(data, 0).unwrap_or(0);
        device.unlock(Duration::from_millis(100 * u64::from(tenths)));
    }
    reply
}

fn option(config: &Config, asked: &[u8]) -> Option<Vec<u8>> {
    let name = asked.split(|byte| *byte == 0).next()?;
    let value = match name {
        b"~SerialNumber" => config.serial_number.as_str(),
        b"~Platform" => "ZEM560_TFT",
        b"~DeviceName" => "K20",
        _ => return None,
    };
    Some([name, b"=", value.as_bytes(), &[0]].concat())
}

fn sizes(device: &Device) -> Vec<u8> {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut fields = [0; 20];
    for (at, value) in [
        (4, count(device.users.len())),
        (8, count(device.log.len())),
        (15, 10_000),
        (16, device.config.room),
    ] {
        if let Some(field) = fields.get_mut(at) {
            *field = value;
        }
    }
    fields.map(u32::to_le_bytes).concat()
}

/// A whole store with its length before it.
fn store(device: &Device, asked: &[u8]) -> Option<Vec<u8>> {
    let kind = u16::from_le_bytes(asked.get(1..3)?.try_into().ok()?);
    let bytes: Vec<u8> = match kind {
        9 => {
            let layout = device.config.users;
            device.users.iter().flat_map(|user| layout.encode(user)).collect()
        }
        13 => {
            let layout: RecordLayout = device.config.records;
            device.log.iter().flat_map(|punch| layout.encode(punch)).collect()
        }
        _ => return None,
    };
    let length = u32::try_from(bytes.len()).ok()?.to_le_bytes();
    Some([&length[..], &bytes].concat())
}

fn number(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?))
}
