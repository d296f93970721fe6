//! Commands as a reader takes them off the bus, and replies as it puts them there.
//!
//! Taken as they come, also with a security block that promises a MAC and has none, as PyPI `osdp` 1.6 begins.

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReceivedCommand {
    /// Address.
    pub(super) address: u8,
    /// Number.
    pub(super) sequence: u8,
    /// Type of the security block, and its content.
    pub(super) block: Option<(u8, Vec<u8>)>,
    /// Command.
    pub(super) code: u8,
    /// What belongs to it.
    pub(super) body: Vec<u8>,
    /// First bytes of its MAC.
    pub(super) mac: Vec<u8>,
    /// What the MAC covers.
    pub(super) covered: Vec<u8>,
    /// The whole frame.
    pub(super) bytes: Vec<u8>,
}

/// Takes the next whole command off what came; noise is left out.
pub(super) fn next(buffer: &mut Vec<u8>) -> Option<ReceivedCommand> {
    loop {
        let noise = buffer.iter().take_while(|byte| **byte != 0x53).count();
        buffer.drain(..noise);
        let [_, _, low, high, ..] = *buffer.as_slice() else {
            return None;
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        if !(7..=1440).contains(&length) {
            buffer.drain(..1);
            continue;
        }
        let bytes: Vec<u8> = buffer.get(..length)?.to_vec();
        match read(bytes) {
            Some(heard) => {
                buffer.drain(..length);
                return Some(heard);
            }
            None => {
                buffer.drain(..1);
            }
        }
    }
}

fn read(bytes: Vec<u8>) -> Option<ReceivedCommand> {
    let control = *bytes.get(4)?;
    let end = bytes.len() - if control & 0x04 == 0 { 1 } else { 2 };
    let (content, check) = bytes.split_at_checked(end)?;
    if check != self::check(content, control) {
        return None;
    }
    let mut rest = content.get(5..)?;
    let mut block = None;
    if control & 0x08 != 0 {
        let (security, after) = rest.split_at_checked(usize::from(*rest.first()?))?;
        block = Some((*security.get(1)?, security.get(2..)?.to_vec()));
        rest = after;
    }
    let (code, rest) = rest.split_first()?;
    let mac = block.as_ref().map_or(0, |(kind, _)| mac_size(*kind));
    let (body, mac) = rest.split_at(rest.len().checked_sub(mac).unwrap_or(rest.len()));
    Some(ReceivedCommand {
        address: *bytes.get(1)?,
        sequence: control & 3,
        block,
        code: *code,
        body: body.to_vec(),
        mac: mac.to_vec(),
        covered: content.get(..content.len() - mac.len())?.to_vec(),
        bytes,
    })
}

/// The beginning of a reply with this address and number, up to where its MAC belongs if its security block promises one.
pub(super) fn begin(command: (u8, u8), block: &[u8], code: u8, body: &[u8]) -> Vec<u8> {
    let (address, sequence) = command;
    let mac = block.get(1).map_or(0, |kind| mac_size(*kind));
    let length = 6 + block.len() + body.len() + mac + 2;
    let [low, high] = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    let control = sequence | 0x04 | if block.is_empty() { 0 } else { 0x08 };
    let mut bytes = vec![0x53, address | 0x80, low, high, control];
    bytes.extend(block);
    bytes.push(code);
    bytes.extend(body);
    bytes
}

/// Bytes of the MAC that a security block of this kind promises.
fn mac_size(kind: u8) -> usize {
    if kind >= 0x15 { 4 } else { 0 }
}

/// The end of a frame.
pub(super) fn check(content: &[u8], control: u8) -> Vec<u8> {
    if control & 0x04 == 0 {
        let sum: u32 = content.iter().map(|byte| u32::from(*byte)).sum();
        return vec![(0x100 - sum % 0x100).to_le_bytes()[0]];
    }
    let mut crc: u16 = 0x1D0F;
    for byte in content {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
        }
    }
    crc.to_le_bytes().to_vec()
}
