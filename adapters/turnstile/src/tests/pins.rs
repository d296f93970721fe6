//! Pins on paper: a reader's two lines, or a gate's.

use super::harness::Log;
use adapter_sdk::{
    gpio::{Gpio, Level, PinEdge, Pins},
    socket::SocketError,
};
use async_trait::async_trait;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tokio::sync::mpsc;

#[derive(Debug, Clone)]
pub(super) struct Chip {
    log: Log,
    name: &'static str,
    edges: Arc<Mutex<mpsc::UnboundedSender<PinEdge>>>,
    coming: Arc<Mutex<Option<mpsc::UnboundedReceiver<PinEdge>>>>,
    at_ns: Arc<Mutex<u64>>,
}

impl Chip {
    pub(super) fn new(log: Log, name: &'static str) -> Self {
        let (edges, coming) = mpsc::unbounded_channel();
        Self {
            log,
            name,
            edges: Arc::new(Mutex::new(edges)),
            coming: Arc::new(Mutex::new(Some(coming))),
            at_ns: Arc::default(),
        }
    }

    /// Whoever has the lines loses them; they can be taken anew.
    pub(super) fn break_off(&self) {
        let (edges, coming) = mpsc::unbounded_channel();
        *self.edges.lock().expect("not poisoned") = edges;
        *self.coming.lock().expect("not poisoned") = Some(coming);
    }

    /// A line changes, a microsecond after the one before.
    pub(super) fn edge(&self, pin: usize, to: Level) {
        self.edge_after(pin, to, 1_000);
    }

    /// A card of 26 bits: pulses of 50 µs, 1 ms apart.
    pub(super) fn card(&self, number: u32) {
        let half = |bits: u32| (bits & 0xFFF).count_ones();
        let (even, odd) = (half(number >> 12) % 2, 1 - half(number) % 2);
        let frame = even << 25 | number << 1 | odd;
        for at in (0..26).rev() {
            let pin = usize::from(frame >> at & 1 == 1);
            self.edge_after(pin, Level::Active, 1_000_000);
            self.edge_after(pin, Level::Inactive, 50_000);
        }
        // Nothing comes for a while.
        *self.at_ns.lock().expect("not poisoned") += 100_000_000;
    }

    fn edge_after(&self, pin: usize, to: Level, after_ns: u64) {
        let mut at_ns = self.at_ns.lock().expect("not poisoned");
        *at_ns += after_ns;
        let edge = PinEdge { pin, to, at_ns: *at_ns };
        let edges = self.edges.lock().expect("not poisoned");
        edges.send(edge).expect("somebody has taken the lines");
    }
}

impl Gpio for Chip {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        let coming = self.coming.lock().expect("not poisoned").take();
        let coming = coming.ok_or_else(|| SocketError::Connect(io::ErrorKind::ResourceBusy.into()))?;
        Ok(Box::new(TakenPins {
            chip: self.clone(),
            coming,
        }))
    }
}

#[derive(Debug)]
struct TakenPins {
    chip: Chip,
    coming: mpsc::UnboundedReceiver<PinEdge>,
}

#[async_trait]
impl Pins for TakenPins {
    async fn drive(&mut self, pin: usize, to: Level) -> Result<(), SocketError> {
        self.chip.log.line(&format!("{}: pin {pin} {to:?}", self.chip.name));
        Ok(())
    }
    async fn sense(&mut self, _pin: usize) -> Result<Level, SocketError> {
        Ok(Level::Inactive)
    }
    async fn edge(&mut self) -> Result<PinEdge, SocketError> {
        let edge = self.coming.recv().await;
        edge.ok_or_else(|| SocketError::Broken(io::ErrorKind::BrokenPipe.into()))
    }
}
