//! A scanner that sends and types what it is told to.

use adapter_sdk::{
    Line,
    keys::{KeyMove, KeyStream, Keys, Press},
    socket::{Channel, Dial, SocketError},
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tokio::{sync::mpsc, time::Instant};

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Played {
    /// As it should.
    Kind,
    /// It is not plugged in.
    Missing,
}

/// The one who plays it.
pub(super) struct Scanner {
    bytes: mpsc::UnboundedSender<Bytes>,
    keys: mpsc::UnboundedSender<KeyMove>,
}

impl Scanner {
    /// The scanner, and the line to it.
    pub(super) fn new(line: &str, played: Played) -> (Self, Line) {
        let (bytes, sent) = mpsc::unbounded_channel();
        let (keys, typed) = mpsc::unbounded_channel();
        let line = match line {
            "keys" => Line::Keys(Arc::new(Port::new(played, typed))),
            _ => Line::Socket(Arc::new(Port::new(played, sent))),
        };
        (Self { bytes, keys }, line)
    }

    pub(super) fn send(&self, bytes: &[u8]) {
        self.bytes
            .send(Bytes::copy_from_slice(bytes))
            .expect("it is plugged in");
    }

    pub(super) fn press(&self, code: u16) {
        let press = Press::Down;
        self.keys.send(KeyMove { code, press }).expect("it is plugged in");
    }

    pub(super) fn release(&self, code: u16) {
        let press = Press::Up;
        self.keys.send(KeyMove { code, press }).expect("it is plugged in");
    }

    pub(super) fn stroke(&self, code: u16) {
        self.press(code);
        self.release(code);
    }

    pub(super) fn unplug(self) {}
}

/// Where it is plugged in.
#[derive(Debug)]
struct Port<T>(Mutex<Option<mpsc::UnboundedReceiver<T>>>);

impl<T> Port<T> {
    fn new(played: Played, coming: mpsc::UnboundedReceiver<T>) -> Self {
        Self(Mutex::new(match played {
            Played::Kind => Some(coming),
            Played::Missing => None,
        }))
    }

    fn open(&self) -> Result<Plugged<T>, SocketError> {
        let there = self.0.lock().expect("not poisoned").take();
        let missing = || SocketError::Connect(io::ErrorKind::NotFound.into());
        there.map(Plugged).ok_or_else(missing)
    }
}

#[derive(Debug)]
struct Plugged<T>(mpsc::UnboundedReceiver<T>);

impl Keys for Port<KeyMove> {
    fn grab(&self) -> Result<Box<dyn KeyStream>, SocketError> {
        Ok(Box::new(self.open()?))
    }
}

#[async_trait]
impl KeyStream for Plugged<KeyMove> {
    async fn next(&mut self) -> Result<KeyMove, SocketError> {
        self.0.recv().await.ok_or(SocketError::Closed)
    }
}

#[async_trait]
impl Dial for Port<Bytes> {
    async fn dial(&self, _deadline: Instant) -> Result<Box<dyn Channel>, SocketError> {
        Ok(Box::new(self.open()?))
    }
}

#[async_trait]
impl Channel for Plugged<Bytes> {
    async fn write(&mut self, _bytes: &[u8], _deadline: Instant) -> Result<(), SocketError> {
        panic!("nothing is written to a scanner")
    }
    async fn read(&mut self) -> Result<Bytes, SocketError> {
        self.0.recv().await.ok_or(SocketError::Closed)
    }
}
