//! A byte stream to the cloud for the socket: straight or through a proxy's `CONNECT` (RFC 9110 §9.3.6), with or without TLS.
//!
//! Nothing is read past the proxy's answer: the next byte belongs to TLS or the WebSocket.

use crate::{
    cloud_url::CloudUrl,
    settings::{Proxy, ProxyLogin},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use zeroize::Zeroizing;

const MAX_PROXY_ANSWER: usize = 8 << 10;

/// Anything that carries bytes both ways.
pub(crate) trait CloudStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> CloudStream for T {}

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("cannot reach {peer}")]
    Connect {
        peer: String,
        #[source]
        source: io::Error,
    },
    #[error("the proxy answered {answer:?} to CONNECT")]
    Proxy { answer: String },
    #[error("{host:?} is no name that a certificate could carry")]
    Name { host: String },
    #[error("TLS with {peer} failed")]
    Tls {
        peer: String,
        #[source]
        source: io::Error,
    },
}

pub(crate) async fn dial(
    cloud_url: &CloudUrl,
    proxy: Option<&Proxy>,
    tls: &Arc<ClientConfig>,
) -> Result<Box<dyn CloudStream>, DialError> {
    let peer = proxy.map_or_else(|| cloud_url.host_port(), |proxy| proxy.host_port.clone());
    let failed = |source| DialError::Connect {
        peer: peer.clone(),
        source,
    };
    let mut tcp = TcpStream::connect(&peer).await.map_err(failed)?;
    tcp.set_nodelay(true).map_err(failed)?;
    if let Some(proxy) = proxy {
        let answer = connect(&mut tcp, &cloud_url.host_port(), proxy.login.as_ref())
            .await
            .map_err(failed)?;
        let code = answer.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
        if !code.is_some_and(|code| code.len() == 3 && code.starts_with('2')) {
            return Err(DialError::Proxy {
                answer: answer.chars().take(80).collect(),
            });
        }
    }
    if !cloud_url.is_tls() {
        return Ok(Box::new(tcp));
    }
    let bare = cloud_url
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let name = ServerName::try_from(bare).map_err(|_| DialError::Name {
        host: cloud_url.host().to_owned(),
    })?;
    let tls = tokio_rustls::TlsConnector::from(Arc::clone(tls))
        .connect(name, tcp)
        .await;
    Ok(Box::new(tls.map_err(|source| DialError::Tls {
        peer: cloud_url.host_port(),
        source,
    })?))
}

/// Asks the proxy through; gives the first line of its answer.
async fn connect(tcp: &mut TcpStream, target: &str, login: Option<&ProxyLogin>) -> io::Result<String> {
    let mut head = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
    if let Some(login) = login {
        let pair = Zeroizing::new(format!("{}:{}", login.user, login.password.as_str()));
        let basic = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        head.push_str("Proxy-Authorization: Basic ");
        head.push_str(&basic);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    tcp.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MAX_PROXY_ANSWER {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the proxy's answer does not end",
            ));
        }
        answer.push(tcp.read_u8().await?);
    }
    let first = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(first).into_owned())
}
