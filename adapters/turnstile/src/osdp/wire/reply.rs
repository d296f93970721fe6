//! What a reader says (SIA OSDP 2.2 §7).
//!
//! Cards and PINs are personal: they are in no `Debug` text.

use std::fmt;

/// Bits of the longest card that is taken.
const LONGEST_CARD: u16 = 64;

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OsdpReply {
    /// Done, or nothing to say.
    Ack,
    /// It will not, or cannot.
    Nak(Nak),
    /// Who it is.
    Identity(ReaderIdentity),
    /// What it can do.
    Abilities(Vec<ReaderCapability>),
    /// How it is.
    LocalStatus(LocalStatus),
    /// How its head is: true where it is tampered with or not connected.
    HeadStatus(Vec<ReaderStatus>),
    /// A card was shown.
    Card(CardBits),
    /// Keys were pressed.
    Keys(KeypadInput),
    /// Its nonce and its cryptogram.
    Challenged(ClientCryptogram),
    /// The first MAC.
    Proved([u8; 16]),
    /// Not now: the same again later.
    Busy,
    /// Something that nobody asked for or needs: its code. Cards as text (`osdp_FMT`) are among it.
    Other(u8),
}

/// Why it will not (SIA OSDP 2.2 §7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nak {
    /// 1: the frame's CRC was wrong.
    Check,
    /// 2: the command's length was wrong.
    Length,
    /// 3: it does not know the command.
    Unknown,
    /// 4: the frame's number was wrong.
    Sequence,
    /// 5: it knows no secure channel.
    Insecure,
    /// 6: not without the secure channel.
    Unsecured,
    /// Anything else.
    Other(u8),
}

/// Who a reader is (`osdp_PDID`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReaderIdentity {
    /// IEEE number of its maker.
    pub(crate) vendor: [u8; 3],
    /// Model and its version.
    pub(crate) model: (u8, u8),
    /// Serial number.
    pub(crate) serial: u32,
    /// Firmware.
    pub(crate) firmware: [u8; 3],
}

/// Something a reader can do (`osdp_PDCAP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReaderCapability {
    /// What (Annex B), e.g. 4 a light.
    pub(crate) function: u8,
    /// How well; 0: not at all.
    pub(crate) level: u8,
    /// How many.
    pub(crate) count: u8,
}

/// How a reader is (`osdp_LSTATR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LocalStatus {
    /// Whether somebody opened it.
    pub(crate) case: TamperState,
    /// Whether it has power enough.
    pub(crate) power: Power,
}

/// Whether somebody opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TamperState {
    /// No.
    #[default]
    Closed,
    /// Yes.
    Opened,
}

/// Whether it has power enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Power {
    /// Yes.
    #[default]
    Good,
    /// No.
    Failing,
}

/// How a reader's head is (`osdp_RSTATR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReaderStatus {
    /// Good.
    Well,
    /// Not connected.
    Absent,
    /// Somebody opened it.
    Opened,
}

/// A card's bits (`osdp_RAW`), the first one sent on top.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CardBits {
    /// The bits, as an integer.
    pub(crate) bits: u64,
    /// How many.
    pub(crate) count: u8,
}

/// Without the bits.
impl fmt::Debug for CardBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardBits")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// Keys that were pressed (`osdp_KEYPAD`), as ASCII; `*` is 7F, `#` is 0D.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeypadInput(pub(crate) Vec<u8>);

/// Without the keys.
impl fmt::Debug for KeypadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// The reader's half of the challenge (`osdp_CCRYPT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientCryptogram {
    /// Its number.
    pub(crate) client: [u8; 8],
    /// Its nonce.
    pub(crate) nonce: [u8; 8],
    /// Its cryptogram.
    pub(crate) cryptogram: [u8; 16],
}

/// A reply whose body is not what its code promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply {code:02x} has a body of {length} bytes that it cannot have")]
pub(crate) struct ReplyError {
    /// Its code.
    code: u8,
    /// Its body's length.
    length: usize,
}

impl OsdpReply {
    /// Reads a reply's body.
    pub(crate) fn parse(code: u8, body: &[u8]) -> Result<Self, ReplyError> {
        let length = body.len();
        let known = match code {
            0x40 => Some(OsdpReply::Ack),
            0x41 => body.first().map(|code| OsdpReply::Nak(Nak::of(*code))),
            0x45 => ReaderIdentity::parse(body).map(OsdpReply::Identity),
            0x46 => Some(OsdpReply::Abilities(abilities(body))),
            0x48 => LocalStatus::parse(body).map(OsdpReply::LocalStatus),
            0x4B => Some(OsdpReply::HeadStatus(
                body.iter().map(|head| ReaderStatus::of(*head)).collect(),
            )),
            0x50 => CardBits::parse(body).map(OsdpReply::Card),
            0x53 => keys(body).map(OsdpReply::Keys),
            0x76 => ClientCryptogram::parse(body).map(OsdpReply::Challenged),
            0x78 => body.try_into().ok().map(OsdpReply::Proved),
            0x79 => Some(OsdpReply::Busy),
            other => Some(OsdpReply::Other(other)),
        };
        known.ok_or(ReplyError { code, length })
    }
}

impl Nak {
    /// Its number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Nak::Check => 1,
            Nak::Length => 2,
            Nak::Unknown => 3,
            Nak::Sequence => 4,
            Nak::Insecure => 5,
            Nak::Unsecured => 6,
            Nak::Other(code) => code,
        }
    }

    const fn of(code: u8) -> Self {
        match code {
            1 => Nak::Check,
            2 => Nak::Length,
            3 => Nak::Unknown,
            4 => Nak::Sequence,
            5 => Nak::Insecure,
            6 => Nak::Unsecured,
            other => Nak::Other(other),
        }
    }
}

impl ReaderStatus {
    const fn of(status: u8) -> Self {
        match status {
            0 => ReaderStatus::Well,
            1 => ReaderStatus::Absent,
            _ => ReaderStatus::Opened,
        }
    }
}

impl ReaderIdentity {
    fn parse(body: &[u8]) -> Option<Self> {
        let &[v0, v1, v2, model, version, s0, s1, s2, s3, f0, f1, f2] = body else {
            return None;
        };
        Some(Self {
            vendor: [v0, v1, v2],
            model: (model, version),
            serial: u32::from_le_bytes([s0, s1, s2, s3]),
            firmware: [f0, f1, f2],
        })
    }
}

impl LocalStatus {
    fn parse(body: &[u8]) -> Option<Self> {
        let [tamper, power, ..] = body else { return None };
        Some(Self {
            case: if *tamper == 0 {
                TamperState::Closed
            } else {
                TamperState::Opened
            },
            power: if *power == 0 { Power::Good } else { Power::Failing },
        })
    }
}

impl CardBits {
    fn parse(body: &[u8]) -> Option<Self> {
        let [_head, _format, c0, c1, bytes @ ..] = body else {
            return None;
        };
        let count = u16::from_le_bytes([*c0, *c1]);
        if count > LONGEST_CARD || bytes.len() != usize::from(count).div_ceil(8) {
            return None;
        }
        let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        // The last byte is filled up behind the last bit.
        let unused = bytes.len() * 8 - usize::from(count);
        Some(Self {
            bits: bits >> unused,
            count: u8::try_from(count).ok()?,
        })
    }
}

impl ClientCryptogram {
    fn parse(body: &[u8]) -> Option<Self> {
        let (client, rest) = body.split_first_chunk::<8>()?;
        let (nonce, cryptogram) = rest.split_first_chunk::<8>()?;
        Some(Self {
            client: *client,
            nonce: *nonce,
            cryptogram: cryptogram.try_into().ok()?,
        })
    }
}

fn abilities(body: &[u8]) -> Vec<ReaderCapability> {
    let (triples, _) = body.as_chunks::<3>();
    let ability = |&[function, level, count]: &[u8; 3]| ReaderCapability { function, level, count };
    triples.iter().map(ability).collect()
}

fn keys(body: &[u8]) -> Option<KeypadInput> {
    let [_head, count, keys @ ..] = body else { return None };
    (keys.len() == usize::from(*count)).then(|| KeypadInput(keys.to_vec()))
}
