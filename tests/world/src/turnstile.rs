//! A simulated gate behind a Modbus relay board: arms, contacts, people who walk through or force it, fire, and power loss.
//!
//! It behaves as the gates on record (facts/devices.md §3.1, §11). What its relays did, how often it was made free and who
//! passed is the truth that tests compare with. Inputs of the board: 0 PASS A, 1 PASS B, 2 READY, 3 ALARM, 4 detector, 5 fire.

mod board;
mod config;
mod frame;
mod gate;
mod server;
#[cfg(test)]
mod tests;

pub use board::{Counters, Pulse};
pub use config::{Answers, Config, Mode, Pulses, Stranger};
pub use gate::{Contact, Fire, Input, PassageResult, Side};

use crate::{port::Port, pty::Pty};
use board::Board;
use server::{PendingServerCommand, ServerCommand, Shared};
use std::{fmt, net::SocketAddr, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

/// A running gate. Dropping it tears it out of the wall.
pub struct Turnstile {
    place: Place,
    shared: Arc<Shared>,
    orders: mpsc::Sender<PendingServerCommand>,
    _tasks: JoinSet<()>,
}

/// Where its board is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Modbus TCP.
    Tcp(SocketAddr),
    /// Modbus RTU, over the serial port of this path.
    Rtu(String),
    /// It has none: somebody's pins are wired to the gate.
    Bare,
}

impl Turnstile {
    /// Starts one behind a Modbus TCP board. Must be called within a tokio runtime.
    pub fn start(config: Config) -> anyhow::Result<Self> {
        let port = Port::open()?;
        let place = Place::Tcp(port.address());
        Ok(Self::run(place, config, |shared, orders, tasks| {
            tasks.spawn(server::serve_tcp(port, shared, orders));
        }))
    }

    /// Starts one behind a Modbus RTU board on a serial cable. Must be called within a tokio runtime.
    pub fn start_on_bus(config: Config) -> anyhow::Result<Self> {
        let cable = Pty::open()?;
        let place = Place::Rtu(cable.path().to_owned());
        Ok(Self::run(place, config, |shared, orders, tasks| {
            tasks.spawn(server::serve_rtu(cable, shared, orders));
        }))
    }

    /// One without a board: somebody's pins are wired to its inputs and contacts.
    pub fn bare(config: Config) -> Self {
        Self::run(Place::Bare, config, |_, _, _| {})
    }

    fn run(
        place: Place,
        config: Config,
        serve: impl FnOnce(Arc<Shared>, mpsc::Receiver<PendingServerCommand>, &mut JoinSet<()>),
    ) -> Self {
        let shared = Arc::new(Shared::new(Board::new(config)));
        let (orders, receiver) = mpsc::channel(4);
        let mut tasks = JoinSet::new();
        serve(Arc::clone(&shared), receiver, &mut tasks);
        Self {
            place,
            shared,
            orders,
            _tasks: tasks,
        }
    }

    /// Where its board is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Somebody walks up from a side.
    pub fn walk(&self, side: Side) -> PassageResult {
        self.shared.board().walk(side, Instant::now())
    }

    /// Somebody forces the arms.
    pub fn force(&self, side: Side) {
        self.shared.board().gate.force(side, Instant::now());
    }

    /// A PASS contact sticks.
    pub fn stick_pass(&self, side: Side) {
        self.shared.board().gate.stick(side);
    }

    /// It no longer does.
    pub fn unstick_pass(&self, side: Side) {
        self.shared.board().gate.unstick(side);
    }

    /// Pulls an input of a bare gate, or lets it go.
    pub fn pull(&self, side: Side, to: Input) {
        self.shared.board().pull(side, to, Instant::now());
    }

    /// Its contacts, in the order of the board's inputs.
    pub fn contacts(&self) -> [Contact; 6] {
        self.shared.board().gate.contacts(Instant::now())
    }

    /// The fire alarm.
    pub fn set_fire(&self, fire: Fire) {
        self.shared.board().set_fire(fire, Instant::now());
    }

    /// How the board answers from now on.
    pub fn set_answers(&self, answers: Answers) {
        self.shared.board().answers = answers;
    }

    /// How the board answers the next write; may be said several times, for one write each.
    pub fn next_write(&self, answers: Answers) {
        self.shared.board().next_writes.push_back(answers);
    }

    /// The power fails, for the board and the gate.
    pub async fn lose_power(&self) {
        self.order(ServerCommand::Dark).await;
    }

    /// The power is back.
    pub async fn get_power(&self) {
        self.order(ServerCommand::Light).await;
    }

    /// Whether somebody could walk through from a side.
    pub fn is_free(&self, side: Side) -> bool {
        self.shared.board().is_free(side, Instant::now())
    }

    /// Every time a relay was active, in order.
    pub fn pulses(&self) -> Vec<Pulse> {
        let mut board = self.shared.board();
        board.pass_time(Instant::now());
        board.pulses.clone()
    }

    /// Every time the gate was made free by a command.
    pub fn openings(&self) -> Vec<(Side, Instant)> {
        let mut board = self.shared.board();
        board.pass_time(Instant::now());
        board.gate.openings.clone()
    }

    /// Everybody who passed, or forced it.
    pub fn passages(&self) -> Vec<(Side, Instant)> {
        self.shared.board().gate.passages.clone()
    }

    /// What the board counted.
    pub fn counts(&self) -> Counters {
        self.shared.board().counts
    }

    async fn order(&self, order: ServerCommand) {
        let (done, wait) = oneshot::channel();
        if self.orders.send((order, done)).await.is_ok() && wait.await.is_err() {
            tracing::warn!("the simulated gate is gone");
        }
    }
}

impl fmt::Debug for Turnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turnstile")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
