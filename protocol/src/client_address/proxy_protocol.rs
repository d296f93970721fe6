//! The PROXY protocol, versions 1 and 2 (HAProxy's `proxy-protocol.txt`): who a connection really is, said before its first byte.
//!
//! Bytes in, address out; never more than its own header is read, and nothing here panics.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Longest line of version 1, its end included.
pub const MAX_V1: usize = 107;
/// First bytes of version 2.
pub const SIGNATURE_V2: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes of version 2 before its addresses.
pub const V2_HEAD: usize = 16;
/// Most bytes of addresses and extensions that are read of version 2.
pub const MAX_V2: usize = 536;

/// A connection of a proxy that does not begin as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyProtocolError {
    /// Neither of the versions.
    #[error("the connection does not begin with a PROXY header")]
    Absent,
    /// It is none that can be read.
    #[error("the PROXY header cannot be read")]
    Malformed,
    /// It is longer than it may be.
    #[error("the PROXY header is too long")]
    TooLong,
}

/// Reads a line of version 1, with its end. None: the proxy speaks for itself, or does not know.
pub fn parse_v1(line: &[u8]) -> Result<Option<SocketAddr>, ProxyProtocolError> {
    let text = std::str::from_utf8(line).map_err(|_| ProxyProtocolError::Malformed)?;
    let text = text.strip_suffix("\r\n").ok_or(ProxyProtocolError::Malformed)?;
    let mut words = text.split(' ');
    if words.next() != Some("PROXY") {
        return Err(ProxyProtocolError::Absent);
    }
    let family = words.next().ok_or(ProxyProtocolError::Malformed)?;
    if family == "UNKNOWN" {
        return Ok(None);
    }
    let (Some(source), Some(_), Some(port), Some(_), None) =
        (words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return Err(ProxyProtocolError::Malformed);
    };
    let source: IpAddr = source.parse().map_err(|_| ProxyProtocolError::Malformed)?;
    let port: u16 = port.parse().map_err(|_| ProxyProtocolError::Malformed)?;
    match (family, source) {
        ("TCP4", IpAddr::V4(_)) | ("TCP6", IpAddr::V6(_)) => Ok(Some(SocketAddr::new(source, port))),
        _ => Err(ProxyProtocolError::Malformed),
    }
}

/// How many bytes follow a head of version 2.
pub fn v2_length(head: &[u8; V2_HEAD]) -> Result<usize, ProxyProtocolError> {
    if !head.starts_with(&SIGNATURE_V2) {
        return Err(ProxyProtocolError::Absent);
    }
    let [.., high, low] = *head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_V2 {
        return Err(ProxyProtocolError::TooLong);
    }
    Ok(length)
}

/// Reads a head of version 2 and what follows it. None: the proxy speaks for itself, or for something that is no TCP.
pub fn parse_v2(head: &[u8; V2_HEAD], rest: &[u8]) -> Result<Option<SocketAddr>, ProxyProtocolError> {
    let [.., command, family, _, _] = *head;
    match command {
        0x20 => return Ok(None),
        0x21 => {}
        _ => return Err(ProxyProtocolError::Malformed),
    }
    let address = match family {
        0x11 => rest.first_chunk::<12>().map(|bytes| {
            let [a, b, c, d, _, _, _, _, high, low, _, _] = *bytes;
            let port = u16::from_be_bytes([high, low]);
            SocketAddr::from((Ipv4Addr::new(a, b, c, d), port))
        }),
        0x21 => rest.first_chunk::<36>().and_then(|bytes| {
            let source: [u8; 16] = *bytes.first_chunk()?;
            let [high, low] = *bytes.get(32..34)?.first_chunk::<2>()?;
            Some(SocketAddr::from((
                Ipv6Addr::from(source),
                u16::from_be_bytes([high, low]),
            )))
        }),
        _ => return Ok(None),
    };
    address.map(Some).ok_or(ProxyProtocolError::Malformed)
}
