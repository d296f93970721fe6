//! Pins of the edge: outputs are driven, inputs tell of every change.
//!
//! A pulse ends by our own timer; whatever ends this way, its pins are given back inactive.

use super::{Way, WayError};
use crate::{
    passage::{Move, Signal},
    reader::Side,
    settings::Relays,
};
use adapter_sdk::gpio::{Edge, Level, Pins};
use async_trait::async_trait;
use std::collections::BTreeMap;
use tokio::time::{Instant, sleep_until};

/// The way.
#[derive(Debug)]
pub(crate) struct GpioWay {
    pins: Box<dyn Pins>,
    relays: Relays,
    /// When an output that is active becomes inactive.
    due: BTreeMap<Side, Instant>,
}

impl GpioWay {
    /// A way over pins that were taken.
    pub(crate) fn new(pins: Box<dyn Pins>, relays: Relays) -> Self {
        let due = BTreeMap::new();
        Self { pins, relays, due }
    }

    async fn set(&mut self, side: Side, to: Level) -> Result<(), WayError> {
        match self.relays.outputs.iter().position(|output| *output == side) {
            Some(pin) => self.pins.drive(pin, to).await.map_err(WayError::Line),
            None => Err(WayError::Mismatch),
        }
    }

    fn sensed(&self, edge: Edge) -> Result<Vec<(Signal, Level)>, WayError> {
        let signal = self.relays.inputs.get(edge.pin).ok_or(WayError::Mismatch)?;
        Ok(vec![(*signal, edge.to)])
    }
}

#[async_trait]
impl Way for GpioWay {
    async fn rest(&mut self, _deadline: Instant) -> Result<(), WayError> {
        self.due.clear();
        let mut first = Ok(());
        for side in self.relays.outputs.clone() {
            first = first.and(self.set(side, Level::Inactive).await);
        }
        first
    }

    async fn look(&mut self, _deadline: Instant) -> Result<Vec<(Signal, Level)>, WayError> {
        let mut sensed = Vec::new();
        for (pin, signal) in self.relays.inputs.iter().enumerate() {
            sensed.push((*signal, self.pins.sense(pin).await.map_err(WayError::Line)?));
        }
        Ok(sensed)
    }

    async fn drive(&mut self, side: Side, to: Move, deadline: Instant) -> Result<(), WayError> {
        if to != Move::Release && Instant::now() >= deadline {
            return Err(WayError::Line(adapter_sdk::socket::SocketError::Timeout));
        }
        match to {
            Move::Pulse(span) | Move::Hold(span) => {
                self.set(side, Level::Active).await?;
                self.due.insert(side, Instant::now() + span);
            }
            Move::Release => {
                self.due.remove(&side);
                self.set(side, Level::Inactive).await?;
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, WayError> {
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
            return self.sensed(edge.map_err(WayError::Line)?);
        }
    }
}
