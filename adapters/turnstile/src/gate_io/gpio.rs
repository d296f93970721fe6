//! Pins of the edge: outputs are driven, inputs tell of every change.
//!
//! A pulse ends by our own timer; whatever ends this way, its pins are given back inactive.

use super::{GateIo, GateIoError};
use crate::{
    passage::{OutputAction, Signal},
    reader::Side,
    settings::GpioWiring,
};
use adapter_sdk::gpio::{Level, PinEdge, Pins};
use async_trait::async_trait;
use std::collections::BTreeMap;
use tokio::time::{Instant, sleep_until};

/// The way.
#[derive(Debug)]
pub(crate) struct GpioGateIo {
    pins: Box<dyn Pins>,
    relays: GpioWiring,
    /// When an output that is active becomes inactive.
    due: BTreeMap<Side, Instant>,
}

impl GpioGateIo {
    /// A way over pins that were taken.
    pub(crate) fn new(pins: Box<dyn Pins>, relays: GpioWiring) -> Self {
        let due = BTreeMap::new();
        Self { pins, relays, due }
    }

    async fn set(&mut self, side: Side, to: Level) -> Result<(), GateIoError> {
        match self.relays.outputs.iter().position(|output| *output == side) {
            Some(pin) => self.pins.drive(pin, to).await.map_err(GateIoError::Line),
            None => Err(GateIoError::Mismatch),
        }
    }

    fn sensed(&self, edge: PinEdge) -> Result<Vec<(Signal, Level)>, GateIoError> {
        let signal = self.relays.inputs.get(edge.pin).ok_or(GateIoError::Mismatch)?;
        Ok(vec![(*signal, edge.to)])
    }
}

#[async_trait]
impl GateIo for GpioGateIo {
    async fn release_all(&mut self, _deadline: Instant) -> Result<(), GateIoError> {
        self.due.clear();
        let mut first = Ok(());
        for side in self.relays.outputs.clone() {
            first = first.and(self.set(side, Level::Inactive).await);
        }
        first
    }

    async fn look(&mut self, _deadline: Instant) -> Result<Vec<(Signal, Level)>, GateIoError> {
        let mut sensed = Vec::new();
        for (pin, signal) in self.relays.inputs.iter().enumerate() {
            sensed.push((*signal, self.pins.sense(pin).await.map_err(GateIoError::Line)?));
        }
        Ok(sensed)
    }

    async fn drive(&mut self, side: Side, to: OutputAction, deadline: Instant) -> Result<(), GateIoError> {
        if to != OutputAction::Release && Instant::now() >= deadline {
            return Err(GateIoError::Line(adapter_sdk::socket::SocketError::Timeout));
        }
        match to {
            OutputAction::Pulse(span) | OutputAction::Hold(span) => {
                self.set(side, Level::Active).await?;
                self.due.insert(side, Instant::now() + span);
            }
            OutputAction::Release => {
                self.due.remove(&side);
                self.set(side, Level::Inactive).await?;
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, GateIoError> {
        loop {
            let due = self
                .due
                .iter()
                .min_by_key(|(_, at)| **at)
                .map(|(side, at)| (*side, *at));
            let edge = match due {
                None => self.pins.edge().await,
                Some((side, at)) => tokio::select! {
                    biased;
                    () = sleep_until(at) => {
                        self.set(side, Level::Inactive).await?;
                        self.due.remove(&side);
                        continue;
                    }
                    edge = self.pins.edge() => edge,
                },
            };
            return self.sensed(edge.map_err(GateIoError::Line)?);
        }
    }
}
