//! Pushing events to a listening host, as far as the device remembers that it has one.
//!
//! What cannot be delivered in two tries is lost: whoever wants it must read the log.

use super::{config::PushShape, parts, server::Shared};
use crate::http::{encode_request, read_status};
use anyhow::Context as _;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

const TRIES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn push(shared: Arc<Shared>) {
    let mut grown = shared.changes();
    let shape = shared.device().config.quirks.push_shape;
    while grown.changed().await.is_ok() {
        loop {
            let next = shared.device().next_push();
            let Some((address, url, event)) = next else { break };
            let delivered = deliver(address, &url, &event, shape).await;
            let counts = &mut shared.device().counts;
            match delivered {
                true => counts.pushes_delivered += 1,
                false => counts.pushes_lost += 1,
            }
        }
    }
}

async fn deliver(address: SocketAddr, url: &str, event: &str, shape: PushShape) -> bool {
    let (kind, body) = match shape {
        PushShape::Multipart => (
            format!("multipart/form-data; boundary={}", parts::TERMINAL_BOUNDARY),
            parts::form(event),
        ),
        PushShape::Json => (
            "application/json; charset=\"UTF-8\"".to_owned(),
            event.as_bytes().to_vec(),
        ),
    };
    let request = encode_request("POST", url, &address.to_string(), &kind, &body);
    for _ in 0..TRIES {
        match tokio::time::timeout(PATIENCE, post(address, &request)).await {
            Ok(Ok(200)) => return true,
            Ok(Ok(status)) => tracing::debug!(status, "a push was refused"),
            Ok(Err(error)) => tracing::debug!(%error, "a push failed"),
            Err(_) => tracing::debug!("a push got no answer"),
        }
    }
    false
}

async fn post(address: SocketAddr, request: &[u8]) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect(address)
        .await
        .context("connecting to the listening host")?;
    stream.write_all(request).await.context("writing a push")?;
    read_status(&mut stream).await
}
