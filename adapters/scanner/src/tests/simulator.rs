//! A scanner that sends and types what it is told to.

use adapter_sdk::{
    Line,
    keys::{InputDevice, KeyEvent, KeyState, KeyStream},
    socket::{ByteChannel, Connector, SocketError},
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
pub(super) enum ScannerBehaviour {
    /// As it should.
    Kind,
    /// It is not plugged in.
    Missing,
}

/// The one who plays it.
pub(super) struct SimulatedScanner {
    bytes: mpsc::UnboundedSender<Bytes>,
    keys: mpsc::UnboundedSender<KeyEvent>,
}

impl SimulatedScanner {
    /// The scanner, and the line to it.
    pub(super) fn new(line: &str, played: ScannerBehaviour) -> (Self, Line) {
        let (bytes, sent) = mpsc::unbounded_channel();
        let (keys, typed) = mpsc::unbounded_channel();
        let line = match line {
            "keys" => Line::Keys(Arc::new(PluggablePort::new(played, typed))),
            _ => Line::Socket(Arc::new(PluggablePort::new(played, sent))),
        };
        (Self { bytes, keys }, line)
    }

    pub(super) fn send(&self, bytes: &[u8]) {
        self.bytes
            .send(Bytes::copy_from_slice(bytes))
            .expect("it is plugged in");
    }

    pub(super) fn press(&self, code: u16) {
        let press = KeyState::Down;
        self.keys.send(KeyEvent { code, press }).expect("it is plugged in");
    }

    pub(super) fn release(&self, code: u16) {
        let press = KeyState::Up;
        self.keys.send(KeyEvent { code, press }).expect("it is plugged in");
    }

    pub(super) fn stroke(&self, code: u16) {
        self.press(code);
        self.release(code);
    }

    pub(super) fn unplug(self) {}
}

/// Where it is plugged in.
#[derive(Debug)]
struct PluggablePort<T>(Mutex<Option<mpsc::UnboundedReceiver<T>>>);

impl<T> PluggablePort<T> {
    fn new(played: ScannerBehaviour, coming: mpsc::UnboundedReceiver<T>) -> Self {
        Self(Mutex::new(match played {
            ScannerBehaviour::Kind => Some(coming),
            ScannerBehaviour::Missing => None,
        }))
    }

    fn open(&self) -> Result<OpenPort<T>, SocketError> {
        let there = self.0.lock().expect("not poisoned").take();
        let missing = || SocketError::Connect(io::ErrorKind::NotFound.into());
        there.map(OpenPort).ok_or_else(missing)
    }
}

#[derive(Debug)]
struct OpenPort<T>(mpsc::UnboundedReceiver<T>);

impl InputDevice for PluggablePort<KeyEvent> {
    fn grab(&self) -> Result<Box<dyn KeyStream>, SocketError> {
        Ok(Box::new(self.open()?))
    }
}

#[async_trait]
impl KeyStream for OpenPort<KeyEvent> {
    async fn next(&mut self) -> Result<KeyEvent, SocketError> {
        self.0.recv().await.ok_or(SocketError::Closed)
    }
}

#[async_trait]
impl Connector for PluggablePort<Bytes> {
    async fn dial(&self, _deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        Ok(Box::new(self.open()?))
    }
}

#[async_trait]
impl ByteChannel for OpenPort<Bytes> {
    async fn write(&mut self, _bytes: &[u8], _deadline: Instant) -> Result<(), SocketError> {
        panic!("nothing is written to a scanner")
    }
    async fn read(&mut self) -> Result<Bytes, SocketError> {
        self.0.recv().await.ok_or(SocketError::Closed)
    }
}
