//! A relay board on a Modbus: coils are outputs, discrete inputs are inputs, read again and again.
//!
//! A write that makes an output active goes out once. Where the board ends pulses by itself (Waveshare's "flash on": function
//! 05 at 0x0200 + coil, the value in tenths of a second, facts/devices.md §3.2) a crash cannot leave the gate open; where it
//! cannot, we end them with a second write.

use super::{GateIo, GateIoError};
use crate::{
    passage::{OutputAction, Signal},
    reader::Side,
    settings::{Contact, PulseMode, RelayBoard},
};
use adapter_sdk::{
    gpio::Level,
    modbus::{Modbus, ModbusReply, ModbusRequest},
    socket::SocketError,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{collections::BTreeMap, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Time for an answer to what may be asked again.
const ANSWER: Duration = Duration::from_millis(300);
/// Answers in a row that may be lost before the board counts as gone.
const LOST: u32 = 2;
/// Added to a coil's number to pulse it.
const FLASH: u16 = 0x0200;
/// The longest pulse a board ends by itself, tenths of a second.
const LONGEST: u128 = 0x7FFF;

/// The way.
pub(crate) struct ModbusGateIo {
    line: Arc<dyn Modbus>,
    board: RelayBoard,
    /// When the inputs are read next.
    look: Instant,
    /// When an output that we made active is made inactive again.
    due: BTreeMap<Side, Instant>,
    /// A question that is on its way: given up, its answer would be taken for the next one's.
    asked: Option<PendingBoardReply>,
    /// Answers that came while something else was waited for.
    answered: Vec<BoardReply>,
    lost: u32,
}

type PendingBoardReply = Pin<Box<dyn Future<Output = BoardReply> + Send>>;

/// An answer, by what was asked.
#[derive(Debug)]
enum BoardReply {
    Inputs(Result<Vec<bool>, GateIoError>),
    Released(Side, Result<(), GateIoError>),
}

impl fmt::Debug for ModbusGateIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModbusGateIo")
            .field("board", &self.board)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

impl ModbusGateIo {
    /// A way over a line.
    pub(crate) fn new(line: Arc<dyn Modbus>, board: RelayBoard) -> Self {
        if board.pulse == PulseMode::Coil {
            tracing::warn!(
                "this board does not end pulses by itself: a crash during one leaves the gate open until the next start"
            );
        }
        Self {
            line,
            board,
            look: Instant::now(),
            due: BTreeMap::new(),
            asked: None,
            answered: Vec::new(),
            lost: 0,
        }
    }

    /// What is asked for to know how the inputs are; a board without inputs is asked for a coil, to know that it is there.
    fn question(&self) -> ModbusRequest {
        let numbers = || self.board.inputs.values().map(|(at, _)| *at);
        match (numbers().min(), numbers().max()) {
            (Some(first), Some(last)) => ModbusRequest::ReadDiscreteInputs(first, last - first + 1),
            (None, _) | (_, None) => {
                ModbusRequest::ReadCoils(self.board.outputs.values().copied().min().unwrap_or(0), 1)
            }
        }
    }

    fn read(&self, deadline: Instant) -> impl Future<Output = Result<Vec<bool>, GateIoError>> + Send + use<> {
        let (line, question) = (Arc::clone(&self.line), self.question());
        async move {
            match line.ask(question, deadline).await? {
                ModbusReply::Bits(bits) => Ok(bits),
                ModbusReply::Words(_) | ModbusReply::Written | ModbusReply::Custom(_) => Err(GateIoError::Mismatch),
            }
        }
    }

    fn write(
        &self,
        request: ModbusRequest,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), GateIoError>> + Send + use<> {
        let line = Arc::clone(&self.line);
        async move {
            let echo = match &request {
                ModbusRequest::Custom(_, body) => ModbusReply::Custom(body.clone()),
                ModbusRequest::ReadCoils(..)
                | ModbusRequest::ReadDiscreteInputs(..)
                | ModbusRequest::ReadHoldingRegisters(..)
                | ModbusRequest::ReadInputRegisters(..)
                | ModbusRequest::WriteCoil(..)
                | ModbusRequest::WriteRegister(..) => ModbusReply::Written,
            };
            let reply = line.ask(request, deadline).await?;
            if reply == echo {
                Ok(())
            } else {
                Err(GateIoError::Mismatch)
            }
        }
    }

    fn coil(&self, side: Side) -> Result<u16, GateIoError> {
        self.board
            .outputs
            .get(&side)
            .copied()
            .ok_or(GateIoError::Refused(ILLEGAL_ADDRESS))
    }

    fn signals(&self, bits: &[bool]) -> Result<Vec<(Signal, Level)>, GateIoError> {
        let first = self.board.inputs.values().map(|(at, _)| *at).min().unwrap_or(0);
        let sensed = self.board.inputs.iter().map(|(signal, (at, active))| {
            let bit = bits.get(usize::from(at - first)).ok_or(GateIoError::Mismatch)?;
            Ok((*signal, level(*bit, *active)))
        });
        sensed.collect()
    }

    /// Takes an answer; gives what it says about the inputs.
    fn take(&mut self, answered: BoardReply) -> Result<Option<Vec<(Signal, Level)>>, GateIoError> {
        let lost = match answered {
            BoardReply::Inputs(Ok(bits)) => {
                self.lost = 0;
                return self.signals(&bits).map(Some);
            }
            BoardReply::Released(side, Ok(())) => {
                self.lost = 0;
                self.due.remove(&side);
                return Ok(None);
            }
            BoardReply::Inputs(Err(error)) | BoardReply::Released(_, Err(error)) => error,
        };
        self.lost += 1;
        match &lost {
            GateIoError::Line(SocketError::Timeout) if self.lost <= LOST => {
                tracing::debug!(lost = self.lost, "the board does not answer");
                Ok(None)
            }
            GateIoError::Line(_) | GateIoError::Absent | GateIoError::Refused(_) | GateIoError::Mismatch => Err(lost),
        }
    }

    /// What there is to ask now, or the time to wait.
    fn ask_next(&mut self) -> Result<PendingBoardReply, Instant> {
        let now = Instant::now();
        let due = self
            .due
            .iter()
            .min_by_key(|(_, at)| **at)
            .map(|(side, at)| (*side, *at));
        if let Some((side, at)) = due
            && at <= now
        {
            let Ok(coil) = self.coil(side) else {
                self.due.remove(&side);
                return Err(now);
            };
            let write = self.write(ModbusRequest::WriteCoil(coil, false), now + ANSWER);
            return Ok(Box::pin(async move { BoardReply::Released(side, write.await) }));
        }
        if self.look <= now {
            self.look = now + self.board.poll;
            let read = self.read(now + ANSWER);
            return Ok(Box::pin(async move { BoardReply::Inputs(read.await) }));
        }
        Err(due.map_or(self.look, |(_, at)| at.min(self.look)))
    }
}

/// Modbus Application Protocol 1.1b3 §7.
const ILLEGAL_ADDRESS: u8 = 2;

#[async_trait]
impl GateIo for ModbusGateIo {
    async fn release_all(&mut self, deadline: Instant) -> Result<(), GateIoError> {
        // A question that is on its way ends in its own time.
        if let Some(asked) = self.asked.take() {
            asked.await;
        }
        self.answered.clear();
        self.due.clear();
        let mut first = Ok(());
        for coil in self.board.outputs.values() {
            // One that gets no answer leaves time for the others.
            let deadline = deadline.min(Instant::now() + 2 * ANSWER);
            let wrote = self.write(ModbusRequest::WriteCoil(*coil, false), deadline).await;
            first = first.and(wrote);
        }
        first
    }

    async fn look(&mut self, deadline: Instant) -> Result<Vec<(Signal, Level)>, GateIoError> {
        let bits = self.read(deadline).await?;
        self.look = Instant::now() + self.board.poll;
        self.signals(&bits)
    }

    async fn drive(&mut self, side: Side, to: OutputAction, deadline: Instant) -> Result<(), GateIoError> {
        let coil = self.coil(side)?;
        let (request, ends) = match (to, self.board.pulse) {
            (OutputAction::Pulse(span) | OutputAction::Hold(span), PulseMode::Flash) => (flash(coil, span), None),
            (OutputAction::Pulse(span) | OutputAction::Hold(span), PulseMode::Coil) => {
                (ModbusRequest::WriteCoil(coil, true), Some(span))
            }
            (OutputAction::Release, PulseMode::Flash | PulseMode::Coil) => {
                (ModbusRequest::WriteCoil(coil, false), None)
            }
        };
        let write = self.write(request, deadline);
        let wrote = match self.asked.take() {
            // The bus takes one question at a time: ours is next.
            Some(asked) => {
                let (answered, wrote) = tokio::join!(asked, write);
                self.answered.push(answered);
                wrote
            }
            None => write.await,
        };
        match ends {
            // Also where no answer came: it may be active.
            Some(span) => self.due.insert(side, Instant::now() + span),
            None => self.due.remove(&side),
        };
        wrote
    }

    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, GateIoError> {
        loop {
            if let Some(answered) = self.answered.pop() {
                match self.take(answered)? {
                    Some(signals) => return Ok(signals),
                    None => continue,
                }
            }
            match &mut self.asked {
                Some(asked) => {
                    let answered = asked.await;
                    self.asked = None;
                    self.answered.push(answered);
                }
                None => match self.ask_next() {
                    Ok(asked) => self.asked = Some(asked),
                    Err(until) => sleep_until(until).await,
                },
            }
        }
    }
}

fn level(bit: bool, active: Contact) -> Level {
    let closed_is_active = active == Contact::Closed;
    if bit == closed_is_active {
        Level::Active
    } else {
        Level::Inactive
    }
}

/// The board's own pulse, rounded up to tenths of a second.
fn flash(coil: u16, span: Duration) -> ModbusRequest {
    let tenths = span.as_millis().div_ceil(100).clamp(1, LONGEST);
    let [high, low] = u16::try_from(tenths).unwrap_or(1).to_be_bytes();
    let [to_high, to_low] = coil.wrapping_add(FLASH).to_be_bytes();
    ModbusRequest::Custom(5, Bytes::copy_from_slice(&[to_high, to_low, high, low]))
}
