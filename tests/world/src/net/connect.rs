//! An HTTP proxy that knows `CONNECT` and nothing else, as offices have them.
//!
//! It tunnels to loopback only, and counts what it tunnelled.

use crate::{
    http::{Reply, read_request},
    port::Port,
};
use anyhow::Context as _;
use bytes::BytesMut;
use std::net::SocketAddr;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::watch, task::JoinSet};

/// A running proxy. Dropping it ends it and every tunnel.
#[derive(Debug)]
pub struct ConnectProxy {
    address: SocketAddr,
    tunnels: watch::Receiver<u64>,
    _task: JoinSet<()>,
}

impl ConnectProxy {
    /// Starts a proxy on a free loopback port.
    pub fn start() -> anyhow::Result<Self> {
        let port = Port::open()?;
        let address = port.address();
        let (counter, tunnels) = watch::channel(0);
        let mut task = JoinSet::new();
        task.spawn(accept(port, counter));
        Ok(Self {
            address,
            tunnels,
            _task: task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As a setting: `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many tunnels it opened.
    pub fn tunnels(&self) -> u64 {
        *self.tunnels.borrow()
    }
}

async fn accept(port: Port, counter: watch::Sender<u64>) {
    let mut tunnels = JoinSet::new();
    loop {
        tokio::select! {
            accepted = port.accept() => if let Ok(stream) = accepted {
                let counter = counter.clone();
                tunnels.spawn(async move {
                    if let Err(error) = tunnel(stream, counter).await {
                        tracing::debug!(%error, "a tunnel ended");
                    }
                });
            },
            Some(_) = tunnels.join_next(), if !tunnels.is_empty() => {}
        }
    }
}

async fn tunnel(mut near: TcpStream, counter: watch::Sender<u64>) -> anyhow::Result<()> {
    let mut buffer = BytesMut::new();
    let request = read_request(&mut near, &mut buffer).await?.context("no request")?;
    let target = loopback(&request.target).await;
    let far = match (request.method.as_str(), target) {
        ("CONNECT", Some(target)) => TcpStream::connect(target).await.ok(),
        _ => None,
    };
    let Some(mut far) = far else {
        let reply = Reply::new(403, "text/plain", "only CONNECT to loopback\n").with("Connection", "close");
        return near.write_all(&reply.encode()).await.context("refusing");
    };
    counter.send_modify(|count| *count += 1);
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .context("answering")?;
    far.write_all(&buffer).await.context("forwarding what came early")?;
    tokio::io::copy_bidirectional(&mut near, &mut far)
        .await
        .context("forwarding")?;
    Ok(())
}

/// Where a target leads, where that is this machine.
async fn loopback(target: &str) -> Option<SocketAddr> {
    let mut found = tokio::net::lookup_host(target).await.ok()?;
    found.find(|address| address.ip().is_loopback())
}
