//! One frame: mark, address, length, control, security block, code, body, MAC, and a CRC or a checksum.
//!
//! What parses encodes to the same bytes again, so that a MAC can be taken over what came.

/// First byte of a frame.
pub(crate) const MARK: u8 = 0x53;
/// Bytes of the shortest frame: head, code and checksum.
pub(crate) const SHORTEST: usize = 7;
/// Bytes of the longest frame that a panel must take (SIA OSDP 2.2 §5.6).
pub(crate) const LONGEST: usize = 1440;
/// The last address of a reader; 127 is everybody's.
pub(crate) const LAST_ADDRESS: u8 = 126;
/// Set in the address of what a reader sends.
const REPLY: u8 = 0x80;
/// Control: numbers of frames.
const SEQUENCE: u8 = 0x03;
/// Control: a CRC, not a checksum.
const CRC: u8 = 0x04;
/// Control: a security block follows.
const SECURITY: u8 = 0x08;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OsdpFrame {
    /// Who sends it.
    pub(crate) direction: FrameDirection,
    /// The reader's address, 0 to 127.
    pub(crate) address: u8,
    /// Its number, 0 to 3; 0 begins anew.
    pub(crate) sequence: u8,
    /// How its end is protected against noise.
    pub(crate) check: FrameCheck,
    /// What secures it.
    pub(crate) security: Security,
    /// Command or reply.
    pub(crate) code: u8,
    /// What belongs to it, encrypted where the security says so.
    pub(crate) body: Vec<u8>,
}

/// Who sends a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameDirection {
    /// The panel.
    Command,
    /// A reader.
    Reply,
}

/// How a frame's end is protected against noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameCheck {
    /// One byte.
    Sum,
    /// Two bytes.
    Crc,
}

/// What secures a frame (the security block, Annex D.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// Nothing.
    Plain,
    /// It belongs to a handshake.
    Handshake(HandshakeStep, u8),
    /// It belongs to a session.
    Sealed {
        /// What of it is hidden.
        mode: SealMode,
        /// First bytes of its MAC.
        mac: [u8; 4],
    },
}

/// A step of the handshake, each with a byte of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandshakeStep {
    /// SCS_11 and SCS_12, nonces and the reader's cryptogram; the byte: 0 the default key, 1 the reader's own.
    Challenge,
    /// SCS_13 and SCS_14, the panel's cryptogram and the first MAC; the reader's byte: 1 it believes us.
    Proof,
}

/// What of a sealed frame is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealMode {
    /// Nothing: SCS_15 and SCS_16.
    Mac,
    /// The body: SCS_17 and SCS_18.
    Cipher,
}

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OsdpFrameError {
    /// It does not begin like one.
    #[error("no frame begins where one should")]
    Mark,
    /// It says another length than it has, or one that cannot be.
    #[error("a frame of {0} bytes is too short or too long")]
    Length(usize),
    /// Noise on the line.
    #[error("a frame's CRC or checksum is wrong")]
    Check,
    /// Control bits that nobody knows.
    #[error("a frame's control byte is {0:02x}")]
    Control(u8),
    /// A security block that is none, or not of this way.
    #[error("a frame's security block is wrong")]
    Security,
}

impl OsdpFrame {
    /// Reads one whole frame.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, OsdpFrameError> {
        let length = OsdpFrameError::Length(bytes.len());
        let Some(([mark, address, l0, l1, control], _)) = bytes.split_first_chunk::<5>() else {
            return Err(length);
        };
        if *mark != MARK {
            return Err(OsdpFrameError::Mark);
        }
        if usize::from(u16::from_le_bytes([*l0, *l1])) != bytes.len() || !(SHORTEST..=LONGEST).contains(&bytes.len()) {
            return Err(length);
        }
        if control & !(SEQUENCE | CRC | SECURITY) != 0 {
            return Err(OsdpFrameError::Control(*control));
        }
        let check = if control & CRC == 0 {
            FrameCheck::Sum
        } else {
            FrameCheck::Crc
        };
        let (covered, end) = bytes.split_at_checked(bytes.len() - check.size()).ok_or(length)?;
        if end != check.of(covered) {
            return Err(OsdpFrameError::Check);
        }
        let rest = covered.get(5..).ok_or(length)?;
        let way = if address & REPLY == 0 {
            FrameDirection::Command
        } else {
            FrameDirection::Reply
        };
        let (security, rest) = if control & SECURITY == 0 {
            (Security::Plain, rest)
        } else {
            Security::parse(way, rest)?
        };
        let (code, body) = rest.split_first().ok_or(length)?;
        Ok(Self {
            direction: way,
            address: address & !REPLY,
            sequence: control & SEQUENCE,
            check,
            security,
            code: *code,
            body: body.to_vec(),
        })
    }

    /// As it goes over the line.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.covered();
        if let Security::Sealed { mac, .. } = self.security {
            bytes.extend(mac);
        }
        let check = self.check.of(&bytes);
        bytes.extend(check);
        bytes
    }

    /// What a MAC is taken over: everything before it.
    pub(crate) fn covered(&self) -> Vec<u8> {
        let block = self.security.block(self.direction);
        let tail = self.security.tail() + self.check.size();
        let length = 6 + block.len() + self.body.len() + tail;
        let [l0, l1] = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
        let reply = match self.direction {
            FrameDirection::Command => 0,
            FrameDirection::Reply => REPLY,
        };
        let crc = match self.check {
            FrameCheck::Sum => 0,
            FrameCheck::Crc => CRC,
        };
        let secured = if block.is_empty() { 0 } else { SECURITY };
        let control = self.sequence & SEQUENCE | crc | secured;
        let mut bytes = vec![MARK, self.address & !REPLY | reply, l0, l1, control];
        bytes.extend(block);
        bytes.push(self.code);
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

impl Security {
    /// Reads the block at the beginning of `bytes` and the MAC at their end; gives what lies between.
    fn parse(way: FrameDirection, bytes: &[u8]) -> Result<(Self, &[u8]), OsdpFrameError> {
        let handshake = |step, content: &u8, rest| Ok((Security::Handshake(step, *content), rest));
        match (way, bytes) {
            (FrameDirection::Command, [3, 0x11, key, rest @ ..])
            | (FrameDirection::Reply, [3, 0x12, key, rest @ ..]) => handshake(HandshakeStep::Challenge, key, rest),
            (FrameDirection::Command, [3, 0x13, key, rest @ ..])
            | (FrameDirection::Reply, [3, 0x14, key, rest @ ..]) => handshake(HandshakeStep::Proof, key, rest),
            (FrameDirection::Command, [2, 0x15, rest @ ..]) | (FrameDirection::Reply, [2, 0x16, rest @ ..]) => {
                sealed(SealMode::Mac, rest)
            }
            (FrameDirection::Command, [2, 0x17, rest @ ..]) | (FrameDirection::Reply, [2, 0x18, rest @ ..]) => {
                sealed(SealMode::Cipher, rest)
            }
            (FrameDirection::Command | FrameDirection::Reply, _) => Err(OsdpFrameError::Security),
        }
    }

    fn block(self, way: FrameDirection) -> Vec<u8> {
        let reply = match way {
            FrameDirection::Command => 0,
            FrameDirection::Reply => 1,
        };
        match self {
            Security::Plain => Vec::new(),
            Security::Handshake(HandshakeStep::Challenge, key) => vec![3, 0x11 + reply, key],
            Security::Handshake(HandshakeStep::Proof, key) => vec![3, 0x13 + reply, key],
            Security::Sealed {
                mode: SealMode::Mac, ..
            } => vec![2, 0x15 + reply],
            Security::Sealed {
                mode: SealMode::Cipher, ..
            } => vec![2, 0x17 + reply],
        }
    }

    /// Bytes of the MAC.
    fn tail(self) -> usize {
        match self {
            Security::Plain | Security::Handshake(..) => 0,
            Security::Sealed { mac, .. } => mac.len(),
        }
    }
}

fn sealed(cover: SealMode, rest: &[u8]) -> Result<(Security, &[u8]), OsdpFrameError> {
    let (rest, mac) = rest.split_last_chunk::<4>().ok_or(OsdpFrameError::Security)?;
    Ok((Security::Sealed { mode: cover, mac: *mac }, rest))
}

impl FrameCheck {
    /// Bytes of it.
    const fn size(self) -> usize {
        match self {
            FrameCheck::Sum => 1,
            FrameCheck::Crc => 2,
        }
    }

    /// What ends a frame of these bytes.
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            FrameCheck::Sum => {
                let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
                vec![sum.wrapping_neg()]
            }
            FrameCheck::Crc => crc(bytes).to_le_bytes().to_vec(),
        }
    }
}

/// CRC-16 with polynomial 1021, begun at 1D0F (SIA OSDP 2.2 Annex C).
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0x1D0F, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            let carry = crc & 0x8000 != 0;
            crc << 1 ^ if carry { 0x1021 } else { 0 }
        })
    })
}
