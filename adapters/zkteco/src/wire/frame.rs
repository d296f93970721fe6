//! Frames: command, checksum, session, reply number, and what belongs to the command.
//!
//! Over TCP a frame follows `50 50 82 7D` and its length; segments cut it anywhere. Over UDP a frame is a datagram.

/// First bytes of a frame over TCP.
const MAGIC: [u8; 4] = [0x50, 0x50, 0x82, 0x7D];
/// Bytes before a frame over TCP: magic and length.
const TOP: usize = 8;
/// Bytes of a frame without anything that belongs to its command.
const HEAD: usize = 8;
/// Longest frame believed: devices send chunks of at most 0xFFC0 bytes.
pub(crate) const LONGEST: usize = 0x2_0000;

/// Commands and answers by their numbers.
pub(crate) mod code {
    /// Write a user.
    pub(crate) const USER_WRITE: u16 = 8;
    /// Users, for [`PREPARE`].
    pub(crate) const USERS: u16 = 9;
    /// A setting by name, e.g. `~SerialNumber`.
    pub(crate) const OPTION: u16 = 11;
    /// Attendance records, for [`PREPARE`].
    pub(crate) const ATTENDANCE: u16 = 13;
    /// Delete a user.
    pub(crate) const USER_DELETE: u16 = 18;
    /// Open the door for some tenths of a second.
    pub(crate) const UNLOCK: u16 = 31;
    /// Fill of the device's stores.
    pub(crate) const SIZES: u16 = 50;
    /// Read the clock.
    pub(crate) const GET_TIME: u16 = 201;
    /// Set the clock.
    pub(crate) const SET_TIME: u16 = 202;
    /// Ask for live events; also the command of every live event.
    pub(crate) const EVENT: u16 = 500;
    /// First frame of a session.
    pub(crate) const CONNECT: u16 = 1000;
    /// Last frame of a session.
    pub(crate) const EXIT: u16 = 1001;
    /// People may use the device.
    pub(crate) const ENABLE: u16 = 1002;
    /// People may not use the device.
    pub(crate) const DISABLE: u16 = 1003;
    /// Reboot.
    pub(crate) const RESTART: u16 = 1004;
    /// Use what was written.
    pub(crate) const REFRESH: u16 = 1013;
    /// Firmware version.
    pub(crate) const VERSION: u16 = 1100;
    /// Prove the comm key.
    pub(crate) const AUTH: u16 = 1102;
    /// A chunk follows; answer to [`READ`].
    pub(crate) const CHUNK: u16 = 1500;
    /// Content.
    pub(crate) const CONTENT: u16 = 1501;
    /// Forget what [`PREPARE`] got ready.
    pub(crate) const FREE: u16 = 1502;
    /// Get a large store ready for reading.
    pub(crate) const PREPARE: u16 = 1503;
    /// Read a piece of what is ready: start, size.
    pub(crate) const READ: u16 = 1504;
    /// Done.
    pub(crate) const OK: u16 = 2000;
    /// The session has not proved the comm key.
    pub(crate) const UNAUTHORISED: u16 = 2005;
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZkFrame {
    /// Command or answer ([`code`]).
    pub(crate) code: u16,
    /// Session; in a live event the kind of event.
    pub(crate) session: u16,
    /// Number of the request, repeated in its answer; 0 in a live event.
    pub(crate) reply: u16,
    /// What belongs to the command.
    pub(crate) body: Vec<u8>,
}

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ZkFrameError {
    /// Not `50 50 82 7D`.
    #[error("no frame begins where one should")]
    Magic,
    /// Shorter than a head or longer than believed.
    #[error("a frame of {0} bytes is too short or too long")]
    Length(usize),
    /// The words do not sum up.
    #[error("a frame's checksum is wrong")]
    Checksum,
}

impl ZkFrame {
    /// Reads a frame, a UDP datagram as it is.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ZkFrameError> {
        let (head, body) = bytes
            .split_first_chunk::<HEAD>()
            .filter(|_| bytes.len() <= LONGEST)
            .ok_or(ZkFrameError::Length(bytes.len()))?;
        if sum(bytes) != 0 {
            return Err(ZkFrameError::Checksum);
        }
        let [c0, c1, _, _, s0, s1, r0, r1] = *head;
        Ok(Self {
            code: u16::from_le_bytes([c0, c1]),
            session: u16::from_le_bytes([s0, s1]),
            reply: u16::from_le_bytes([r0, r1]),
            body: body.to_vec(),
        })
    }

    /// As a UDP datagram.
    pub(crate) fn datagram(&self) -> Vec<u8> {
        let [c0, c1] = self.code.to_le_bytes();
        let [s0, s1] = self.session.to_le_bytes();
        let [r0, r1] = self.reply.to_le_bytes();
        let mut bytes = vec![c0, c1, 0, 0, s0, s1, r0, r1];
        bytes.extend_from_slice(&self.body);
        let checksum = !sum(&bytes);
        if let Some(field) = bytes.get_mut(2..4) {
            field.copy_from_slice(&checksum.to_le_bytes());
        }
        bytes
    }

    /// As it goes over TCP.
    pub(crate) fn segment(&self) -> Vec<u8> {
        let frame = self.datagram();
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&frame);
        bytes
    }
}

/// One's complement sum of the 16-bit words, an odd last byte padded with zero; both zeros are 0.
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|word| match word {
        [low, high] => u64::from(u16::from_le_bytes([*low, *high])),
        [low] => u64::from(*low),
        _ => 0,
    });
    u16::try_from(words.sum::<u64>() % 0xFFFF).unwrap_or(0)
}

/// What came over TCP and is not a whole frame yet.
#[derive(Debug, Default)]
pub(crate) struct ZkFrameBuffer {
    buffer: Vec<u8>,
}

impl ZkFrameBuffer {
    /// Bytes as they came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` until more comes. After an error nothing can be told apart any more.
    pub(crate) fn next_frame(&mut self) -> Result<Option<ZkFrame>, ZkFrameError> {
        let known = self.buffer.len().min(MAGIC.len());
        if self.buffer.get(..known) != MAGIC.get(..known) {
            return Err(ZkFrameError::Magic);
        }
        let Some(length) = self
            .buffer
            .get(MAGIC.len()..TOP)
            .and_then(|field| field.try_into().ok())
        else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if !(HEAD..=LONGEST).contains(&length) {
            return Err(ZkFrameError::Length(length));
        }
        let Some(frame) = self.buffer.get(TOP..TOP + length) else {
            return Ok(None);
        };
        let frame = ZkFrame::parse(frame);
        self.buffer.drain(..TOP + length);
        frame.map(Some)
    }
}
