//! A device without a log that answers as it is told, and counts what it hears.

use crate::wire::frame::{ZkFrame, ZkFrameBuffer, code};
use adapter_sdk::socket::{ByteChannel, Connector, SocketError};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use tokio::{sync::mpsc, time::Instant};

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// As it should.
    Kind,
    /// Not at all, from this command on; 0: from the first.
    SilentFrom(u16),
    /// With bytes of something else.
    Garbage,
    /// Our comm key is not its own.
    WrongKey,
}

#[derive(Debug, Clone)]
pub(super) struct Device {
    behaviour: Behaviour,
    heard: Arc<Mutex<Vec<u16>>>,
}

impl Device {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            heard: Arc::default(),
        }
    }

    /// How often it heard a command.
    pub(super) fn heard(&self, command: u16) -> usize {
        let heard = self.heard.lock().expect("not poisoned");
        heard.iter().filter(|heard| **heard == command).count()
    }

    fn answer(&self, request: &ZkFrame) -> Option<Vec<u8>> {
        let mut heard = self.heard.lock().expect("not poisoned");
        heard.push(request.code);
        let frame = |code: u16, body: Vec<u8>| ZkFrame {
            code,
            session: 77,
            reply: request.reply,
            body,
        };
        if let Behaviour::SilentFrom(first) = self.behaviour
            && (first == 0 || heard.contains(&first))
        {
            return None;
        }
        let frame = match (self.behaviour, request.code) {
            (Behaviour::Garbage, _) => return Some(b"SSH-2.0-dropbear\r\n".to_vec()),
            (Behaviour::WrongKey, code::CONNECT | code::AUTH) => frame(code::UNAUTHORISED, Vec::new()),
            (_, code::OPTION) => frame(code::OK, b"~SerialNumber=A1\0".to_vec()),
            (_, code::SIZES) => frame(code::OK, vec![0; 80]),
            // 2026-11-20 14:00:00, the edge's noon.
            (_, code::GET_TIME) => {
                let days = (26 * 12 + 10) * 31 + 19;
                frame(code::OK, (days * 86_400_u32 + 14 * 3600).to_le_bytes().to_vec())
            }
            _ => frame(code::OK, Vec::new()),
        };
        Some(frame.segment())
    }
}

#[async_trait]
impl Connector for Device {
    async fn dial(&self, _deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        let (answers, coming) = mpsc::unbounded_channel();
        Ok(Box::new(Connection {
            device: self.clone(),
            segments: ZkFrameBuffer::default(),
            answers,
            coming,
        }))
    }
}

#[derive(Debug)]
struct Connection {
    device: Device,
    segments: ZkFrameBuffer,
    answers: mpsc::UnboundedSender<Vec<u8>>,
    coming: mpsc::UnboundedReceiver<Vec<u8>>,
}

#[async_trait]
impl ByteChannel for Connection {
    async fn write(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), SocketError> {
        self.segments.feed(bytes);
        while let Some(request) = self.segments.next_frame().expect("the driver writes frames") {
            if let Some(answer) = self.device.answer(&request) {
                self.answers.send(answer).expect("we hold the other end");
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        Ok(self.coming.recv().await.expect("we hold the other end").into())
    }
}
