//! Serial ports and character devices, played by pseudo-terminals.

use crate::{chars::CharsDial, keys::Keyboard, serial::SerialDial};
use adapter_sdk::{
    Parity, SerialTarget, StopBits,
    keys::InputDevice as _,
    socket::{ByteChannel, Connector, SocketError},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::Instant,
};
use tokio_serial::{SerialPort as _, SerialStream};

/// The far end of a cable, and the near end's path.
fn cable() -> (SerialStream, SerialStream, String) {
    let (far, near) = SerialStream::pair().expect("a pair of pseudo-terminals");
    let path = near.name().expect("a path");
    (far, near, path)
}

fn serial(path: &str) -> SerialDial {
    SerialDial::new(SerialTarget {
        path: path.into(),
        baud: 9600,
        parity: Parity::None,
        stop_bits: StopBits::Two,
    })
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Every byte there is goes both ways as it is.
async fn check(dial: &dyn Connector, far: &mut SerialStream) -> Box<dyn ByteChannel> {
    let all: Vec<u8> = (0..=255).collect();
    let mut channel = dial.dial(soon()).await.expect("opened");
    channel.write(&all, soon()).await.expect("written");
    let mut heard = vec![0; all.len()];
    far.read_exact(&mut heard).await.expect("heard");
    assert_eq!(heard, all);
    far.write_all(&all).await.expect("answered");
    let mut read = Vec::new();
    while read.len() < all.len() {
        read.extend_from_slice(&channel.read().await.expect("bytes"));
    }
    assert_eq!(read, all);
    channel
}

#[tokio::test]
async fn bytes_go_both_ways_over_a_serial_port_as_they_are() {
    let (mut far, _near, path) = cable();
    check(&serial(&path), &mut far).await;
}

#[tokio::test]
async fn bytes_go_both_ways_over_a_character_device_as_they_are() {
    let (mut far, _near, path) = cable();
    check(&CharsDial::new(path), &mut far).await;
}

#[tokio::test]
async fn a_port_belongs_to_one_device_until_it_is_dropped() {
    let (mut far, _near, path) = cable();
    let first = serial(&path).dial(soon()).await.expect("opened");
    let second = serial(&path).dial(soon()).await;
    assert!(matches!(second, Err(SocketError::Connect(_))), "{second:?}");
    drop(first);
    check(&serial(&path), &mut far).await;
}

#[tokio::test]
async fn what_came_before_a_port_was_opened_is_not_heard() {
    let (mut far, _near, path) = cable();
    far.write_all(b"old").await.expect("written");
    let mut channel = serial(&path).dial(soon()).await.expect("opened");
    far.write_all(b"new").await.expect("written");
    assert_eq!(channel.read().await.expect("bytes"), "new");
}

#[tokio::test]
async fn a_device_that_takes_no_bytes_runs_into_the_deadline() {
    for line in ["serial", "chars"] {
        let (_far, _near, path) = cable();
        let dial: Box<dyn Connector> = match line {
            "serial" => Box::new(serial(&path)),
            _ => Box::new(CharsDial::new(path)),
        };
        let mut channel = dial.dial(soon()).await.expect("opened");
        let end = channel
            .write(&[0; 1 << 20], Instant::now() + Duration::from_millis(200))
            .await;
        assert!(matches!(end, Err(SocketError::Timeout)), "{line}: {end:?}");
    }
}

#[tokio::test]
async fn what_is_late_is_not_written() {
    for line in ["serial", "chars"] {
        let (mut far, _near, path) = cable();
        let dial: Box<dyn Connector> = match line {
            "serial" => Box::new(serial(&path)),
            _ => Box::new(CharsDial::new(path)),
        };
        let mut channel = dial.dial(soon()).await.expect("opened");
        let late = channel.write(b"late", Instant::now()).await;
        assert!(matches!(late, Err(SocketError::Timeout)), "{line}: {late:?}");
        channel.write(b"now", soon()).await.expect("written");
        let mut heard = [0; 3];
        far.read_exact(&mut heard).await.expect("heard");
        assert_eq!(&heard, b"now", "{line}");
    }
}

#[tokio::test]
async fn a_cable_that_is_pulled_out_ends_the_conversation() {
    for line in ["serial", "chars"] {
        let (far, near, path) = cable();
        let dial: Box<dyn Connector> = match line {
            "serial" => Box::new(serial(&path)),
            _ => Box::new(CharsDial::new(path)),
        };
        let mut channel = dial.dial(soon()).await.expect("opened");
        drop((far, near));
        let end = channel.read().await;
        assert!(
            matches!(end, Err(SocketError::Closed | SocketError::Broken(_))),
            "{line}: {end:?}"
        );
        let again = dial.dial(soon()).await;
        assert!(matches!(again, Err(SocketError::Connect(_))), "{line}: {again:?}");
    }
}

#[tokio::test]
async fn what_is_no_such_device_is_no_connection() {
    let file = std::env::current_exe().expect("a file");
    let file = file.display().to_string();
    for path in [file.as_str(), "/dev/not-plugged-in"] {
        let chars = CharsDial::new(path.to_owned()).dial(soon()).await;
        assert!(matches!(chars, Err(SocketError::Connect(_))), "{path}: {chars:?}");
        let port = serial(path).dial(soon()).await;
        assert!(matches!(port, Err(SocketError::Connect(_))), "{path}: {port:?}");
        let keys = Keyboard::new(path.to_owned()).grab();
        assert!(matches!(keys, Err(SocketError::Connect(_))), "{path}: {keys:?}");
    }
}
