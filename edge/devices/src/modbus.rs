//! The line for Modbus, over TCP and over a serial bus (RTU).
//!
//! One bus is one task: all units on it, of whatever devices, take turns. What was not written by its deadline is not
//! written, nothing is written twice, and an answer that comes too late is thrown away with its connection. On a serial bus,
//! where answers carry no number, the next question then waits for 100 ms of silence: a unit that does not answer costs
//! its neighbours that, and its own deadline.

mod bus;
mod bus_connection;
mod frame;
mod shared_stream;

use crate::modbus::bus::BusRequest;
use adapter_sdk::{
    ModbusTarget, ModbusTransport,
    modbus::{Modbus, ModbusError, ModbusReply, ModbusRequest},
    socket::SocketError,
};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// Asks that may wait for their turn on one bus.
const TURNS: usize = 16;

/// The buses in use, by where they are: a serial port's path, or host and port.
#[derive(Debug, Default)]
pub struct Buses(Mutex<BTreeMap<String, Weak<SharedBus>>>);

/// One bus. Its task begins with the first ask and ends when no unit is left.
#[derive(Debug, Default)]
struct SharedBus(OnceLock<mpsc::Sender<BusRequest>>);

/// One unit on a bus.
#[derive(Debug)]
pub struct Unit {
    bus: Arc<SharedBus>,
    target: Arc<ModbusTarget>,
}

impl Buses {
    /// A unit, on the bus that other units of the same path or the same host and port share. Nothing is opened yet.
    pub fn unit(&self, target: &ModbusTarget) -> Unit {
        let place = match &target.via {
            ModbusTransport::Tcp(socket) => format!("{} {}", socket.host, socket.port),
            ModbusTransport::Rtu(port) => port.path.to_string(),
        };
        let mut buses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buses.retain(|_, bus| bus.strong_count() > 0);
        let known = buses.get(&place).and_then(Weak::upgrade);
        let bus = known.unwrap_or_else(|| {
            let bus = Arc::new(SharedBus::default());
            buses.insert(place, Arc::downgrade(&bus));
            bus
        });
        Unit {
            bus,
            target: Arc::new(target.clone()),
        }
    }
}

impl SharedBus {
    fn turns(&self) -> &mpsc::Sender<BusRequest> {
        self.0.get_or_init(|| {
            let (sender, turns) = mpsc::channel(TURNS);
            tokio::spawn(bus::serve(turns));
            sender
        })
    }
}

#[async_trait]
impl Modbus for Unit {
    async fn ask(&self, request: ModbusRequest, deadline: Instant) -> Result<ModbusReply, ModbusError> {
        let (begin, mut begun) = oneshot::channel();
        let (answer, reply) = oneshot::channel();
        let turn = BusRequest {
            target: Arc::clone(&self.target),
            request,
            deadline,
            begin,
            answer,
        };
        let queued = timeout_at(deadline, self.bus.turns().send(turn)).await;
        if !matches!(queued, Ok(Ok(()))) {
            return Err(unwritten());
        }
        if timeout_at(deadline, &mut begun).await.is_err() {
            // From here on it cannot begin any more; or it began just now.
            begun.close();
            if begun.try_recv().is_err() {
                return Err(unwritten());
            }
        }
        reply.await.unwrap_or_else(|_| Err(unwritten()))
    }
}

/// Its turn never came: nothing reached the unit.
fn unwritten() -> ModbusError {
    let late = io::Error::new(io::ErrorKind::TimedOut, "the bus was busy until it was too late");
    ModbusError::Line(SocketError::Connect(late))
}

#[cfg(test)]
mod tests;
