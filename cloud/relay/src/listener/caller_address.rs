//! Whose request it is, where a proxy stands in front: what limits count and the audit names.
//!
//! Only a proxy that the settings name is believed, and only in the one way that they name.

use crate::settings::FrontProxy;
use http::{HeaderMap, header};
use protocol::client_address::{
    ForwardedBy, MAX_V1, ProxyProtocolError, SIGNATURE_V2, V2_HEAD, parse_v1, parse_v2, v2_length,
};
use std::{io, net::SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Why a connection of a proxy is closed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallerAddressError {
    /// It ended, or failed.
    #[error("the connection cannot be read")]
    Read(#[source] io::Error),
    /// It does not say whom it speaks for.
    #[error(transparent)]
    Header(#[from] ProxyProtocolError),
}

/// Whose connection it is: the one that a trusted proxy names in front of it, where the settings say that it does.
pub(super) async fn of_connection<S>(
    proxy: &FrontProxy,
    stream: &mut S,
    peer: SocketAddr,
) -> Result<SocketAddr, CallerAddressError>
where
    S: AsyncRead + Unpin,
{
    match proxy.says {
        ForwardedBy::ProxyProtocol if proxy.trusted.trusts(peer.ip()) => {
            let named = read_header(stream).await?;
            Ok(named.unwrap_or(peer))
        }
        ForwardedBy::ProxyProtocol | ForwardedBy::XForwardedFor | ForwardedBy::Forwarded => Ok(peer),
    }
}

/// Whose request it is: the rightmost address of the chain that is none of our proxies.
pub(super) fn behind_proxy(proxy: &FrontProxy, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
    if !proxy.trusted.trusts(peer.ip()) {
        return peer;
    }
    let values = |name| {
        headers.get_all(name).iter().map(|value: &http::HeaderValue| {
            // What is no text names nobody.
            value.to_str().unwrap_or("unknown")
        })
    };
    let caller = match proxy.says {
        ForwardedBy::XForwardedFor => {
            let all: Vec<&str> = values(header::HeaderName::from_static("x-forwarded-for")).collect();
            proxy.trusted.by_x_forwarded_for(peer.ip(), all.into_iter())
        }
        ForwardedBy::Forwarded => {
            let all: Vec<&str> = values(header::FORWARDED).collect();
            proxy.trusted.by_forwarded(peer.ip(), all.into_iter())
        }
        ForwardedBy::ProxyProtocol => return peer,
    };
    SocketAddr::new(caller, peer.port())
}

async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Option<SocketAddr>, CallerAddressError> {
    let mut start = [0; SIGNATURE_V2.len()];
    let read = CallerAddressError::Read;
    stream.read_exact(&mut start).await.map_err(read)?;
    if start == SIGNATURE_V2 {
        let mut head = [0; V2_HEAD];
        let (signature, more) = head.split_at_mut(SIGNATURE_V2.len());
        signature.copy_from_slice(&start);
        stream.read_exact(more).await.map_err(read)?;
        let mut rest = vec![0; v2_length(&head)?];
        stream.read_exact(&mut rest).await.map_err(read)?;
        return Ok(parse_v2(&head, &rest)?);
    }
    if !start.starts_with(b"PROXY ") {
        return Err(ProxyProtocolError::Absent.into());
    }
    // Byte by byte: whatever comes behind the line is the caller's.
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= MAX_V1 {
            return Err(ProxyProtocolError::TooLong.into());
        }
        line.push(stream.read_u8().await.map_err(read)?);
    }
    Ok(parse_v1(&line)?)
}
