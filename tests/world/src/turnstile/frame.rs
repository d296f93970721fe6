//! Frames around a function: the head of Modbus TCP, the checksum of RTU. Whole requests only; anything may come.

/// A request for a unit: function first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) unit: u8,
    pub(super) pdu: Vec<u8>,
    /// Modbus TCP: the transaction's number.
    pub(super) transaction: u16,
}

/// The longest frame there is (Modbus Application Protocol 1.1b3 §4.1).
const LONGEST: usize = 260;

/// What stands at the front of what came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// Nothing whole yet.
    Part,
    /// A request.
    Whole(Request),
    /// Something else: over TCP the connection is spoilt, on a bus a byte is skipped.
    Else,
}

/// Takes a Modbus TCP request off the front.
pub(super) fn take_tcp(buffer: &mut Vec<u8>) -> Front {
    let Some(&[t_high, t_low, 0, 0, l_high, l_low, unit]) = buffer.first_chunk() else {
        return if buffer.len() < 7 { Front::Part } else { Front::Else };
    };
    let length = usize::from(u16::from_be_bytes([l_high, l_low]));
    if !(2..LONGEST).contains(&length) {
        return Front::Else;
    }
    if buffer.len() < 6 + length {
        return Front::Part;
    }
    let frame: Vec<u8> = buffer.drain(..6 + length).collect();
    Front::Whole(Request {
        unit,
        pdu: frame.get(7..).unwrap_or_default().to_vec(),
        transaction: u16::from_be_bytes([t_high, t_low]),
    })
}

/// An answer over Modbus TCP.
pub(super) fn tcp(request: &Request, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
    let mut frame = Vec::with_capacity(7 + pdu.len());
    frame.extend(request.transaction.to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(length.to_be_bytes());
    frame.push(request.unit);
    frame.extend(pdu);
    frame
}

/// Takes an RTU request off the front.
pub(super) fn take_rtu(buffer: &mut Vec<u8>) -> Front {
    let length = match buffer.as_slice() {
        [_, 1..=6, ..] => 8,
        [_, 15 | 16, _, _, _, _, bytes, ..] => 9 + usize::from(*bytes),
        [_, 15 | 16, ..] | [_] | [] => return Front::Part,
        [_, _, ..] => return Front::Else,
    };
    if buffer.len() < length {
        return Front::Part;
    }
    let Some((inner, sum)) = buffer.get(..length).and_then(|frame| frame.split_last_chunk::<2>()) else {
        return Front::Else;
    };
    if checksum(inner) != u16::from_le_bytes(*sum) {
        return Front::Else;
    }
    let request = match inner {
        [unit, pdu @ ..] => Request {
            unit: *unit,
            pdu: pdu.to_vec(),
            transaction: 0,
        },
        [] => return Front::Else,
    };
    buffer.drain(..length);
    Front::Whole(request)
}

/// An answer on a bus.
pub(super) fn rtu(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = vec![unit];
    frame.extend(pdu);
    let sum = checksum(&frame);
    frame.extend(sum.to_le_bytes());
    frame
}

/// Modbus over Serial Line 1.02 §6.2.2.
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xA001 } else { sum >> 1 }
        })
    })
}
