//! One run at one gate, from its first safe state to its last.
//!
//! The gate's state machine decides, this carries out: outputs first, then what is written down about it. However a run ends,
//! every output is made inactive and every grant has its end.

mod card;
mod commands;
mod gate_fault;
mod pending_facts;
mod questions;

use crate::{
    gate_io::{GateIo, GateIoError, GpioGateIo, ModbusGateIo, OsdpGateIo},
    meaning::GateFactMapper,
    osdp::ReaderOutputs,
    passage::{Elapsed, Gate, GateInput, GateStep, Signal, outputs},
    reader::ReaderEvent,
    readers::{self, GateReaders, ReaderMessage},
    settings::{Settings, Wiring},
};
use adapter_sdk::{
    Asks, Clock, DeviceCondition, DriverContext, DriverError, FaultPrecedence, Line, ReportError, Reporter, rejecting,
};
pub(crate) use commands::GateAction;
use gate_fault::{FaultSource, GateFault};
use pending_facts::{PendingFacts, WriteCapacity};
use protocol::DeviceId;
use questions::{CardArrival, PendingQuestions};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, sleep_until, timeout};

/// Why commands are turned away at the beginning of a run.
const CONNECTING: &str = "the gate is being connected to";
/// Time to find the gate and make it safe.
const FIRST: Duration = Duration::from_secs(3);
/// Time for a write that opens, once it may go out.
const WRITE: Duration = Duration::from_secs(1);
/// Time for the last words to the gate, and as much for those to the house.
const FAREWELL: Duration = Duration::from_millis(1200);
/// How often the gate is said to be alive.
const ALIVE: Duration = Duration::from_secs(5);

/// Works at the gate until there is a reason to start anew.
pub(crate) async fn drive(settings: Arc<Settings>, context: DriverContext) -> DriverError {
    let DriverContext {
        device,
        line,
        mut asks,
        reporter,
        clock,
        pushes: _,
        push_url: _,
        calls: _,
        log_position: _,
    } = context;
    let mut lines = line.several().into_iter();
    let Some(gate) = lines.next() else {
        return DriverError::Protocol("no line was given".to_owned());
    };
    let seated = readers::connect_readers(&settings, lines, &clock).and_then(|(readers, listening, relays)| {
        let way = open(&settings.wiring, gate, relays)?;
        Ok((way, readers, listening))
    });
    let (way, readers, listening) = match seated {
        Ok(seated) => seated,
        Err(end) => return end,
    };
    let mut run = GateDriver {
        settings: &settings,
        device: &device,
        reporter: &reporter,
        clock: &clock,
        gate_io: way,
        gate: Gate::new(settings.rules.clone()),
        began: Instant::now(),
        pending_facts: PendingFacts::new(reporter.clone()),
        questions: PendingQuestions::new(reporter.clone()),
        condition: DeviceCondition::new(&reporter, FaultPrecedence::Order, None),
        readers,
    };
    let end = tokio::select! {
        end = Box::pin(run.work(&mut asks)) => match end {
            Ok(never) => match never {},
            Err(end) => end,
        },
        never = Box::pin(listening.run()) => match never {},
    };
    run.shut_down().await;
    end
}

fn open(wiring: &Wiring, line: Line, relays: Vec<ReaderOutputs>) -> Result<Box<dyn GateIo>, DriverError> {
    Ok(match wiring {
        Wiring::Modbus(board) => Box::new(ModbusGateIo::new(line.modbus()?, board.clone())),
        Wiring::Gpio(wired) => {
            let doing = "taking its pins";
            let taken = line.gpio()?.take();
            let pins = taken.map_err(|source| DriverError::Lost { doing, source })?;
            Box::new(GpioGateIo::new(pins, wired.clone()))
        }
        Wiring::Osdp(_) => Box::new(OsdpGateIo::new(relays)),
    })
}

/// What one run works with.
struct GateDriver<'a> {
    settings: &'a Settings,
    device: &'a DeviceId,
    reporter: &'a Reporter,
    clock: &'a Arc<dyn Clock>,
    gate_io: Box<dyn GateIo>,
    gate: Gate,
    began: Instant,
    pending_facts: PendingFacts,
    questions: PendingQuestions,
    condition: DeviceCondition<GateFault>,
    readers: GateReaders,
}

impl GateDriver<'_> {
    async fn work(&mut self, asks: &mut Asks) -> Result<Infallible, DriverError> {
        rejecting(asks, CONNECTING, self.make_safe()).await?;
        self.condition.report().await?;
        let mut alive = tokio::time::interval(ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.gate.next().map(|due| self.began + due);
            let room = self.pending_facts.room()? == WriteCapacity::Enough && self.questions.has_room();
            tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => self.carry_out(ask).await?,
                    None => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                },
                Some(written) = self.pending_facts.next() => written.map_err(DriverError::Unrecorded)?,
                Some(answered) = self.questions.next() => self.handle_ruling(answered).await?,
                sensed = self.gate_io.next() => {
                    let sensed = sensed.map_err(|error| error.into_driver_error("watching the gate"))?;
                    for (signal, level) in sensed {
                        self.take(GateInput::Sensed(signal, level)).await?;
                    }
                }
                () = sleep_until(due.unwrap_or(self.began)), if due.is_some() => self.take(GateInput::Tick).await?,
                Some(heard) = self.readers.messages.recv(), if room => self.handle_reader_message(heard).await?,
                _ = alive.tick() => self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)?,
            }
        }
    }

    /// Every output inactive, whatever a run before this one left behind; then the gate as it is.
    async fn make_safe(&mut self) -> Result<(), DriverError> {
        let deadline = Instant::now() + FIRST;
        let rested = self.gate_io.release_all(deadline).await;
        rested.map_err(|error| error.into_driver_error("making it safe"))?;
        let sensed = self.gate_io.look(deadline).await;
        for (signal, level) in sensed.map_err(|error| error.into_driver_error("looking at it"))? {
            self.take(GateInput::Sensed(signal, level)).await?;
        }
        Ok(())
    }

    fn now(&self) -> Elapsed {
        self.began.elapsed()
    }

    fn meaning(&self) -> GateFactMapper<'_> {
        GateFactMapper {
            device: self.device,
            settings: self.settings,
        }
    }

    /// Takes what needs no answer.
    async fn take(&mut self, input: GateInput) -> Result<(), DriverError> {
        let now = self.now();
        match self.gate.decide(input, now) {
            Ok(steps) => {
                let played = self.apply_steps(steps, Instant::now() + WRITE).await;
                played.map_err(|error| error.into_driver_error("locking it"))?;
                self.condition.report().await
            }
            // Only a wish to pass can be refused.
            Err(refusal) => {
                tracing::debug!(?refusal, "refused");
                Ok(())
            }
        }
    }

    /// Makes steps so: outputs by `deadline`, then what is to be written down. A failure of an output forgets no fact.
    async fn apply_steps(&mut self, steps: Vec<GateStep>, deadline: Instant) -> Result<(), GateIoError> {
        let mut moved = Ok(());
        for step in steps {
            self.gate.apply(&step);
            for (side, to) in outputs(&self.settings.rules, &step) {
                if moved.is_ok() && self.settings.wiring.has(side) {
                    moved = self.gate_io.drive(side, to, deadline).await;
                }
            }
            match &step {
                GateStep::Stuck(signal) => self.note(FaultSource::Input(*signal), Some(stuck(*signal))),
                GateStep::Cleared(signal) => self.note(FaultSource::Input(*signal), None),
                GateStep::Opened(..)
                | GateStep::Locked(..)
                | GateStep::Entered(_)
                | GateStep::NotEntered(_)
                | GateStep::Forced(_)
                | GateStep::Sensed(..)
                | GateStep::Emergency
                | GateStep::EmergencyEnded(_) => {}
            }
            if let Some(seen) = self.meaning().of(&step) {
                self.pending_facts.write(seen);
            }
        }
        moved
    }

    async fn handle_reader_message(&mut self, heard: ReaderMessage) -> Result<(), DriverError> {
        let ReaderMessage {
            reader,
            event: said,
            at,
        } = heard;
        match said {
            ReaderEvent::Shown(card) => self.shown(CardArrival { reader, card, at }).await,
            ReaderEvent::Well => self.complain(FaultSource::Reader(reader), None).await,
            ReaderEvent::Trouble(word) => self.complain(FaultSource::Reader(reader), Some(word)).await,
        }
    }

    /// Notes what is wrong with something; `None`: nothing.
    fn note(&mut self, source: FaultSource, word: Option<&'static str>) {
        let fault = word.map(|word| GateFault { source, word });
        self.condition.replace(|known| known.source == source, fault);
    }

    async fn complain(&mut self, source: FaultSource, word: Option<&'static str>) -> Result<(), DriverError> {
        self.note(source, word);
        self.condition.report().await
    }

    /// Leaves the gate in order, as far as it still listens, and the house with an end to every grant.
    async fn shut_down(&mut self) {
        let deadline = Instant::now() + FAREWELL;
        if let Err(error) = self.gate_io.release_all(deadline).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "no farewell");
        }
        if let Ok(steps) = self.gate.decide(GateInput::Shutdown, self.now()) {
            for step in steps {
                self.gate.apply(&step);
                if let Some(seen) = self.meaning().of(&step) {
                    self.pending_facts.write(seen);
                }
            }
        }
        if timeout(FAREWELL, self.pending_facts.finish()).await.is_err() {
            tracing::debug!("the last facts were not written down in time");
        }
    }
}

/// What is wrong where an input is as it is for too long.
const fn stuck(signal: Signal) -> &'static str {
    match signal {
        Signal::Pass(crate::reader::Side::A) => "pass_a_stuck",
        Signal::Pass(crate::reader::Side::B) => "pass_b_stuck",
        Signal::Ready => "not_ready",
        Signal::Detector => "detector_stuck",
        Signal::Alarm | Signal::Fire => "input_stuck",
    }
}
