//! Thousands of edges with their control channels open, each saying that it is alive every 30 s.

use crate::member::{EdgeRequest, SyntheticEdge};
use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, stream};
use protocol::{
    ClockState, Epoch,
    control::{EdgeMessage, HEARTBEAT_SECONDS, JOIN_HEADER, SOCKET_PATH},
    fact::Heartbeat,
};
use std::{sync::Arc, time::Duration};
use tests_world::clock::Clock;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, interval_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        handshake::client::{Request, generate_key},
        protocol::WebSocketConfig,
    },
};

const VERSION: &str = "0.0.0-bench";
const AT_ONCE: usize = 32;

/// Connects every member; they stay until the set is dropped.
pub(crate) async fn gather(members: &[Arc<SyntheticEdge>]) -> Result<JoinSet<Result<()>>> {
    let opening = members.iter().map(|member| open(member));
    let sockets: Vec<_> = stream::iter(opening).buffer_unordered(AT_ONCE).try_collect().await?;
    let mut crowd = JoinSet::new();
    let beat = Duration::from_secs(HEARTBEAT_SECONDS);
    for (index, socket) in sockets.into_iter().enumerate() {
        // Spread over the half minute, as edges that were switched on by people are.
        let first = beat.mul_f64(index as f64 / members.len() as f64);
        crowd.spawn(stay(socket, Instant::now() + first));
    }
    Ok(crowd)
}

async fn open(member: &SyntheticEdge) -> Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(member.authority()).await.context("connecting")?;
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(upgrade(member)?, stream, Some(config))
        .await
        .context("opening a control channel")?;
    let hello = EdgeMessage::Hello {
        version: VERSION.into(),
        epoch: Epoch(1),
        now: Clock::Real.now(),
        clock: ClockState::Synced,
        documents: Vec::new(),
        documents_digest: None,
        registers: Vec::new(),
    };
    say(&mut socket, &hello).await?;
    socket
        .next()
        .await
        .context("no welcome")?
        .context("waiting to be welcomed")?;
    Ok(socket)
}

fn upgrade(member: &SyntheticEdge) -> Result<Request> {
    let key = generate_key();
    let (signature, digest) = member.sign(&EdgeRequest {
        method: "GET",
        path: SOCKET_PATH,
        body: b"",
        idempotency_key: None,
        websocket_key: Some(&key),
    });
    let request = Request::builder()
        .uri(format!("ws://{}{SOCKET_PATH}", member.authority()))
        .header("host", member.authority())
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", key)
        .header("content-digest", digest)
        .header("signature-input", signature.input)
        .header("signature", signature.signature)
        .header(JOIN_HEADER, member.join().unwrap_or_default());
    request.body(()).context("writing an upgrade")
}

async fn stay(mut socket: WebSocketStream<TcpStream>, first: Instant) -> Result<()> {
    let mut beats = interval_at(first, Duration::from_secs(HEARTBEAT_SECONDS));
    let heartbeat = EdgeMessage::Heartbeat {
        heartbeat: Box::new(Heartbeat {
            version: VERSION.into(),
            ..Heartbeat::default()
        }),
    };
    loop {
        tokio::select! {
            _ = beats.tick() => say(&mut socket, &heartbeat).await?,
            said = socket.next() => match said {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error).context("a control channel broke"),
                None => bail!("the cloud closed a control channel"),
            },
        }
    }
}

async fn say(socket: &mut WebSocketStream<TcpStream>, said: &EdgeMessage) -> Result<()> {
    let text = serde_json::to_string(said).context("writing to the cloud")?;
    socket.send(Message::text(text)).await.context("saying something")
}
