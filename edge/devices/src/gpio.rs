//! The line for pins: lines of a GPIO chip through the kernel's character device (uAPI v2), on any board.
//!
//! An output is inactive from the moment it is taken and again when it is given back. Where the process is killed the kernel
//! gives the lines back, and what becomes of their level is the chip's and the pull resistor's business: a relay that must
//! fall back by itself belongs on a board with a pulse of its own.

use adapter_sdk::{
    ActiveLevel, Bias, GpioTarget, InputPin,
    gpio::{Gpio, Level, PinEdge, Pins},
    socket::SocketError,
};
use async_trait::async_trait;
use gpiocdev::{
    Request,
    line::{EdgeDetection, EdgeEvent, EdgeKind, EventClock, Value},
    request::Config,
};
use rustix::fs::OFlags;
use std::{io, os::fd::AsFd as _};
use tokio::net::unix::pipe;

/// As the kernel shows it to whoever asks who holds a line.
const CONSUMER: &str = "ostona-edge";
/// Changes the kernel keeps until they are read: 16 for each of the 64 lines a request may have, the most there are.
const CHANGES: u32 = 1024;

/// Takes some lines of one chip.
#[derive(Debug)]
pub struct Chip(GpioTarget);

impl Chip {
    /// Nothing is taken yet.
    pub fn new(target: GpioTarget) -> Self {
        Self(target)
    }

    fn outputs(&self) -> Result<Option<Request>, gpiocdev::Error> {
        if self.0.outputs.is_empty() {
            return Ok(None);
        }
        let mut config = Config::default();
        for pin in &self.0.outputs {
            config.with_line(pin.offset).as_output(Value::Inactive);
            set_active_level(&mut config, pin.active);
        }
        let mut request = Request::from_config(config);
        request
            .on_chip(self.0.chip.as_str())
            .with_consumer(CONSUMER)
            .request()
            .map(Some)
    }

    fn inputs(&self) -> Result<Option<Request>, gpiocdev::Error> {
        if self.0.inputs.is_empty() {
            return Ok(None);
        }
        let mut config = Config::default();
        for pin in &self.0.inputs {
            watched(&mut config, pin);
        }
        let mut request = Request::from_config(config);
        request.on_chip(self.0.chip.as_str()).with_consumer(CONSUMER);
        request.with_kernel_event_buffer_size(CHANGES).request().map(Some)
    }
}

fn set_active_level(config: &mut Config, active: ActiveLevel) {
    match active {
        ActiveLevel::High => config.as_active_high(),
        ActiveLevel::Low => config.as_active_low(),
    };
}

fn watched(config: &mut Config, pin: &InputPin) {
    config.with_line(pin.offset).as_input();
    config.with_edge_detection(EdgeDetection::BothEdges);
    config.with_event_clock(EventClock::Monotonic);
    set_active_level(config, pin.active);
    match pin.bias {
        Bias::AsIs => {}
        Bias::PullUp => {
            config.with_bias(gpiocdev::line::Bias::PullUp);
        }
        Bias::PullDown => {
            config.with_bias(gpiocdev::line::Bias::PullDown);
        }
    }
    if !pin.debounce.is_zero() {
        config.with_debounce_period(pin.debounce);
    }
}

impl Gpio for Chip {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        let refused = |error| SocketError::Connect(io::Error::other(error));
        // Outputs first: whatever goes wrong later gives them back inactive.
        let outputs = Outputs {
            request: self.outputs().map_err(refused)?,
            offsets: self.0.outputs.iter().map(|pin| pin.offset).collect(),
        };
        let inputs = match self.inputs().map_err(refused)? {
            None => None,
            Some(request) => Some(Inputs::new(request).map_err(SocketError::Connect)?),
        };
        Ok(Box::new(GpioPins {
            outputs,
            inputs,
            offsets: self.0.inputs.iter().map(|pin| pin.offset).collect(),
            last: 0,
        }))
    }
}

/// Lines taken.
#[derive(Debug)]
struct GpioPins {
    outputs: Outputs,
    inputs: Option<Inputs>,
    /// Offsets of the inputs, in their order.
    offsets: Vec<u32>,
    /// The kernel's number of the last change that was read; it counts from 1.
    last: u32,
}

#[derive(Debug)]
struct Inputs {
    request: Request,
    /// The same descriptor; tokio's end of a pipe takes any that can be waited for.
    changes: pipe::Receiver,
}

impl Inputs {
    fn new(request: Request) -> io::Result<Self> {
        let changes = request.as_fd().try_clone_to_owned()?;
        rustix::fs::fcntl_setfl(&changes, OFlags::NONBLOCK)?;
        let changes = pipe::Receiver::from_file_unchecked(changes.into())?;
        Ok(Self { request, changes })
    }

    /// The next change, one at a time: given up while waiting, nothing is lost.
    async fn next(&self) -> io::Result<EdgeEvent> {
        let mut room = vec![0; self.request.edge_event_size()];
        loop {
            self.changes.readable().await?;
            match self.changes.try_read(&mut room) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        let (words, _) = room.as_chunks::<8>();
        let words: Vec<u64> = words.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        self.request.edge_event_from_slice(&words).map_err(io::Error::other)
    }
}

#[derive(Debug)]
struct Outputs {
    request: Option<Request>,
    offsets: Vec<u32>,
}

impl Drop for Outputs {
    fn drop(&mut self) {
        let Some(request) = &self.request else { return };
        for offset in &self.offsets {
            if let Err(error) = request.set_value(*offset, Value::Inactive) {
                let chip = request.chip_path();
                tracing::warn!(
                    ?chip,
                    offset,
                    error = &error as &dyn std::error::Error,
                    "an output may be left active"
                );
            }
        }
    }
}

#[async_trait]
impl Pins for GpioPins {
    async fn drive(&mut self, pin: usize, to: Level) -> Result<(), SocketError> {
        let (Some(request), Some(offset)) = (&self.outputs.request, self.outputs.offsets.get(pin)) else {
            return Err(no_such_pin());
        };
        let value = match to {
            Level::Active => Value::Active,
            Level::Inactive => Value::Inactive,
        };
        request.set_value(*offset, value).map_err(broken)
    }

    async fn sense(&mut self, pin: usize) -> Result<Level, SocketError> {
        let (Some(inputs), Some(offset)) = (&self.inputs, self.offsets.get(pin)) else {
            return Err(no_such_pin());
        };
        match inputs.request.value(*offset).map_err(broken)? {
            Value::Active => Ok(Level::Active),
            Value::Inactive => Ok(Level::Inactive),
        }
    }

    async fn edge(&mut self) -> Result<PinEdge, SocketError> {
        let Some(inputs) = &self.inputs else {
            return std::future::pending().await;
        };
        loop {
            let event = inputs.next().await.map_err(SocketError::Broken)?;
            let lost = event.seqno.wrapping_sub(self.last).wrapping_sub(1);
            self.last = event.seqno;
            if lost > 0 {
                let says = format!("{lost} changes came faster than they were read");
                return Err(SocketError::Broken(io::Error::other(says)));
            }
            let Some(pin) = self.offsets.iter().position(|offset| *offset == event.offset) else {
                continue;
            };
            return Ok(PinEdge {
                pin,
                to: match event.kind {
                    EdgeKind::Rising => Level::Active,
                    EdgeKind::Falling => Level::Inactive,
                },
                at_ns: event.timestamp_ns,
            });
        }
    }
}

fn broken(error: gpiocdev::Error) -> SocketError {
    SocketError::Broken(io::Error::other(error))
}

fn no_such_pin() -> SocketError {
    SocketError::Broken(io::Error::new(io::ErrorKind::InvalidInput, "no such pin was taken"))
}
