//! The network bends what it is told to bend, and nothing else.

use super::*;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

/// Says everything back.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    });
    address
}

async fn lossy(conditions: NetworkConditions) -> LossyProxy {
    LossyProxy::start(echo().await, conditions, 7).unwrap()
}

/// What comes back of `sent`, until the other side closes.
async fn round_trip(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut received = Vec::new();
    let sending = async {
        let _ = writer.write_all(sent).await;
        let _ = writer.shutdown().await;
    };
    let (_, _) = tokio::join!(sending, reader.read_to_end(&mut received));
    received
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn small_chunks_and_delay_change_nothing_but_the_time() {
    let delay = Duration::from_millis(20)..Duration::from_millis(21);
    let net = lossy(NetworkConditions {
        largest_chunk: 7,
        delay,
        ..NetworkConditions::default()
    })
    .await;
    let (start, sent) = (Instant::now(), pattern(10_000));
    assert_eq!(round_trip(net.address(), &sent).await, sent);
    assert!(start.elapsed() >= Duration::from_millis(40));
    assert_eq!(
        net.traffic(),
        Traffic {
            connections: 1,
            upgrades_forbidden: 0,
            bytes_up: 10_000,
            bytes_down: 10_000
        }
    );
}

#[tokio::test]
async fn a_narrow_line_takes_its_time() {
    let net = lossy(NetworkConditions {
        bandwidth: Some(100_000),
        ..NetworkConditions::default()
    })
    .await;
    let start = Instant::now();
    assert_eq!(round_trip(net.address(), &pattern(5_000)).await.len(), 5_000);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_cut_comes_in_the_middle() {
    let net = lossy(NetworkConditions {
        cut_after: Some(3_000),
        ..NetworkConditions::default()
    })
    .await;
    let mut lengths = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(net.address()).await.unwrap();
        let mut received = Vec::new();
        let _ = stream.write_all(&pattern(50_000)).await;
        let _ = stream.read_to_end(&mut received).await;
        assert_eq!(received, pattern(received.len()), "what arrives is right");
        lengths.push(received.len());
    }
    assert!(lengths.iter().all(|length| *length < 6_000), "{lengths:?}");
}

#[tokio::test]
async fn a_swallowing_network_accepts_and_says_nothing() {
    let net = lossy(NetworkConditions::default()).await;
    let mut open = TcpStream::connect(net.address()).await.unwrap();
    open.write_all(b"before").await.unwrap();
    let mut six = [0; 6];
    open.read_exact(&mut six).await.unwrap();
    net.set(NetworkConditions {
        forwarding: Forwarding::Swallowing,
        ..NetworkConditions::default()
    })
    .await;
    open.write_all(b"lost").await.unwrap();
    TcpStream::connect(net.address()).await.unwrap();
    assert!(timeout(Duration::from_millis(50), open.read_u8()).await.is_err());
    net.set(NetworkConditions::default()).await;
    open.write_all(b"after.").await.unwrap();
    open.read_exact(&mut six).await.unwrap();
    assert_eq!(&six, b"after.");
}

#[tokio::test]
async fn a_stalled_network_loses_nothing() {
    let net = lossy(NetworkConditions {
        forwarding: Forwarding::Stalling,
        ..NetworkConditions::default()
    })
    .await;
    let mut open = TcpStream::connect(net.address()).await.unwrap();
    open.write_all(b"late").await.unwrap();
    assert!(timeout(Duration::from_millis(50), open.read_u8()).await.is_err());
    net.set(NetworkConditions::default()).await;
    let mut four = [0; 4];
    open.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"late");
}

#[tokio::test]
async fn refusing_ends_what_is_open_and_the_port_comes_back() {
    let net = lossy(NetworkConditions::default()).await;
    let mut open = TcpStream::connect(net.address()).await.unwrap();
    net.set(NetworkConditions {
        forwarding: Forwarding::Refusing,
        ..NetworkConditions::default()
    })
    .await;
    assert!(matches!(open.read(&mut [0; 8]).await, Ok(0) | Err(_)));
    let refused = TcpStream::connect(net.address()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    net.set(NetworkConditions::default()).await;
    assert_eq!(round_trip(net.address(), b"again").await, b"again");
}

#[tokio::test]
async fn connections_to_come_can_lead_elsewhere() {
    let net = LossyProxy::start(SocketAddr::from(([127, 0, 0, 1], 9)), NetworkConditions::default(), 7).unwrap();
    assert_eq!(round_trip(net.address(), b"nobody").await, b"");
    net.lead_to(echo().await).await;
    assert_eq!(round_trip(net.address(), b"somebody").await, b"somebody");
    net.cut().await;
}

#[tokio::test]
async fn upgrades_are_answered_with_403_and_nothing_else_is() {
    let net = lossy(NetworkConditions {
        upgrades: Upgrades::Forbidden,
        ..NetworkConditions::default()
    })
    .await;
    let upgrade = b"GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let refused = String::from_utf8(round_trip(net.address(), upgrade).await).unwrap();
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    let plain = b"POST /v2/ingest/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(round_trip(net.address(), plain).await, plain);
    assert_eq!(net.traffic().upgrades_forbidden, 1);
}

#[tokio::test]
async fn a_connect_proxy_tunnels_and_counts() {
    let proxy = ConnectProxy::start().unwrap();
    let target = echo().await;
    let sent = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\nearly and late");
    let text = String::from_utf8(round_trip(proxy.address(), sent.as_bytes()).await).unwrap();
    assert_eq!(text, "HTTP/1.1 200 Connection established\r\n\r\nearly and late");
    let refused = round_trip(proxy.address(), b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(refused.starts_with(b"HTTP/1.1 403"));
    assert_eq!(proxy.tunnels(), 1);
}
