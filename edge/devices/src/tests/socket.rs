//! The lines for bytes, over loopback.

use crate::socket::{TcpDial, UdpDial};
use adapter_sdk::{
    SocketTarget,
    socket::{Connector as _, SocketError},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    time::Instant,
};

fn target(address: SocketAddr) -> SocketTarget {
    SocketTarget {
        host: address.ip().to_string().into(),
        port: address.port(),
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn bytes_go_both_ways_over_tcp_and_the_end_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dial = TcpDial::new(target(listener.local_addr().expect("an address")));
    let mut channel = dial.dial(soon()).await.expect("a connection");
    let (mut theirs, _) = listener.accept().await.expect("a connection");
    let late = channel.write(b"late", Instant::now()).await;
    assert!(matches!(late, Err(SocketError::Timeout)), "{late:?}");
    channel.write(b"unlock", soon()).await.expect("written");
    let mut heard = [0; 6];
    theirs.read_exact(&mut heard).await.expect("heard");
    assert_eq!(&heard, b"unlock");
    theirs.write_all(b"ok").await.expect("answered");
    assert_eq!(channel.read().await.expect("bytes"), "ok");
    drop(theirs);
    assert!(matches!(channel.read().await, Err(SocketError::Closed)));
}

#[tokio::test]
async fn a_dropped_connection_is_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dial = TcpDial::new(target(listener.local_addr().expect("an address")));
    let channel = dial.dial(soon()).await.expect("a connection");
    let (mut theirs, _) = listener.accept().await.expect("a connection");
    drop(channel);
    let end = theirs.read(&mut [0]).await;
    assert_eq!(
        end.expect_err("reset, not ended").kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dial = TcpDial::new(target(listener.local_addr().expect("an address")));
    drop(listener);
    assert!(matches!(dial.dial(soon()).await, Err(SocketError::Connect(_))));
}

#[tokio::test]
async fn datagrams_stay_whole_and_a_stranger_s_are_not_heard() {
    let theirs = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let dial = UdpDial::new(target(theirs.local_addr().expect("an address")));
    let mut channel = dial.dial(soon()).await.expect("a socket");
    channel.write(b"ask", soon()).await.expect("sent");
    let mut heard = [0; 16];
    let (length, from) = theirs.recv_from(&mut heard).await.expect("heard");
    assert_eq!(&heard[..length], b"ask");
    stranger.send_to(b"lies", from).await.expect("sent");
    theirs.send_to(b"one", from).await.expect("sent");
    theirs.send_to(b"two", from).await.expect("sent");
    assert_eq!(channel.read().await.expect("bytes"), "one");
    assert_eq!(channel.read().await.expect("bytes"), "two");
}
