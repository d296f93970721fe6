//! A bus whose adapter hangs, the clock paused.

use crate::osdp::{
    exchange::OsdpBus,
    session::frame,
    wire::{
        command::{OsdpCommand, Switch},
        frame::Security,
    },
};
use adapter_sdk::socket::{ByteChannel, SocketError};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

/// Takes everything and sends nothing on.
#[derive(Debug, Clone, Default)]
struct StalledChannel(Arc<Mutex<Vec<u8>>>);

impl StalledChannel {
    fn holds(&self) -> usize {
        self.0.lock().expect("nobody panicked").len()
    }
}

#[async_trait]
impl ByteChannel for StalledChannel {
    async fn write(&mut self, bytes: &[u8], _: Instant) -> Result<(), SocketError> {
        self.0.lock().expect("nobody panicked").extend(bytes);
        Ok(())
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        assert!(self.holds() > 0, "nothing is waited for that was not written");
        std::future::pending().await
    }

    fn discard_unsent(&mut self) {
        self.0.lock().expect("nobody panicked").clear();
    }
}

/// Says the same for ever.
#[derive(Debug)]
struct EndlessChannel;

#[async_trait]
impl ByteChannel for EndlessChannel {
    async fn write(&mut self, _: &[u8], _: Instant) -> Result<(), SocketError> {
        Ok(())
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        // As long as a byte takes at a high speed.
        tokio::time::advance(Duration::from_micros(100)).await;
        Ok(Bytes::from_static(&[0x53]))
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_without_end_hold_nobody_up() {
    let mut line = OsdpBus::new(Box::new(EndlessChannel), 9600);
    let asked = frame(1, 1, Security::Plain, &OsdpCommand::Poll);
    let answer = line.ask(&asked).await;
    assert_eq!(answer.expect("the line is there"), None);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answered_cannot_go_out_later() {
    let channel = StalledChannel::default();
    let mut line = OsdpBus::new(Box::new(channel.clone()), 9600);
    let opens = OsdpCommand::Output(0, Switch::On { tenths: 7 });
    let answer = line.ask(&frame(1, 1, Security::Plain, &opens)).await;
    assert_eq!(answer.expect("the line is there"), None);
    assert_eq!(channel.holds(), 0);
}
