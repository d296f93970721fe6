//! Packets of the simulated terminal: written anew here, so that no mistake of the adapter's is mirrored.
//!
//! A packet whose checksum is wrong is dropped, as devices do.

/// First bytes of a packet over TCP.
const TOP: [u8; 4] = [0x50, 0x50, 0x82, 0x7D];

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) command: u16,
    pub(super) session: u16,
    pub(super) reply: u16,
    pub(super) data: Vec<u8>,
}

impl Packet {
    /// Reads one; `None` where it is too short or its checksum is wrong.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < 8 || words(bytes) != 0 {
            return None;
        }
        let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        Some(Self {
            command: word(0)?,
            session: word(4)?,
            reply: word(6)?,
            data: bytes.get(8..)?.to_vec(),
        })
    }

    /// For UDP.
    pub(super) fn encode(&self) -> Vec<u8> {
        let head = |checksum: u16| {
            [self.command, checksum, self.session, self.reply]
                .map(u16::to_le_bytes)
                .concat()
        };
        let blank = [&head(0)[..], &self.data].concat();
        let checksum = 0xFFFF - words(&blank);
        [&head(checksum)[..], &self.data].concat()
    }

    /// For TCP.
    pub(super) fn encode_tcp(&self) -> Vec<u8> {
        let packet = self.encode();
        let length = u32::try_from(packet.len()).unwrap_or(u32::MAX).to_le_bytes();
        [&TOP[..], &length, &packet].concat()
    }
}

/// Takes the next packet off a TCP stream: `None` while it is not whole, an error where it is none.
pub(super) fn take(buffer: &mut Vec<u8>) -> Result<Option<Option<Packet>>, ()> {
    let Some(top) = buffer.get(..8) else { return Ok(None) };
    let length = top
        .strip_prefix(&TOP)
        .and_then(|rest| rest.try_into().ok())
        .map(u32::from_le_bytes);
    let length = usize::try_from(length.filter(|length| *length < 0x1_0000).ok_or(())?).map_err(drop)?;
    if buffer.len() < 8 + length {
        return Ok(None);
    }
    let packet = buffer.get(8..8 + length).and_then(Packet::decode);
    buffer.drain(..8 + length);
    Ok(Some(packet))
}

/// The one's complement sum of all 16-bit words.
fn words(bytes: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for word in bytes.chunks(2) {
        let low = word.first().copied().unwrap_or(0);
        let high = word.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_le_bytes([low, high]));
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    u16::try_from(sum % 0xFFFF).unwrap_or(0)
}

/// The comm key's token, bit by bit as `commpro.c` makes it (retold by pyzk).
pub(super) fn token(key: u32, session: u16) -> [u8; 4] {
    let mut mirrored: u32 = 0;
    for bit in 0..32 {
        mirrored = mirrored << 1 | (key >> bit & 1);
    }
    let [a, b, c, d] = mirrored.wrapping_add(u32::from(session)).to_le_bytes();
    let [_, b, c, d] = [a ^ 0x5A, b ^ 0x4B, c ^ 0x53, d ^ 0x4F];
    [c ^ 50, d ^ 50, 50, b ^ 50]
}
