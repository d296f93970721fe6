//! Pins wired to a simulated gate: outputs pull its inputs, its contacts pull inputs low against a pull-up.
//!
//! This kernel has no pins; how the edge's own line speaks to real ones is not played here.

use adapter_sdk::{
    ActiveLevel, GpioTarget,
    gpio::{Gpio, Level, PinEdge, Pins},
    socket::SocketError,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tests_world::turnstile::{Contact, Input, Side, Turnstile};
use tokio::time::{Instant, sleep};

/// Between two looks at the contacts.
const LOOK: Duration = Duration::from_millis(1);

/// The chip. Its outputs are side A and side B, its inputs the gate's contacts, in their order.
#[derive(Debug)]
pub(crate) struct GateChip {
    gate: Arc<Turnstile>,
    target: GpioTarget,
}

impl GateChip {
    pub(crate) fn new(gate: Arc<Turnstile>, target: GpioTarget) -> Self {
        assert_eq!((target.outputs.len(), target.inputs.len()), (2, 6));
        Self { gate, target }
    }
}

impl Gpio for GateChip {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        let (gate, target) = (Arc::clone(&self.gate), self.target.clone());
        let mut taken = HeldPin {
            gate,
            target,
            began: Instant::now(),
            known: [Level::Inactive; 6],
        };
        taken.known = taken.levels();
        Ok(Box::new(taken))
    }
}

#[derive(Debug)]
struct HeldPin {
    gate: Arc<Turnstile>,
    target: GpioTarget,
    began: Instant,
    known: [Level; 6],
}

impl HeldPin {
    fn levels(&self) -> [Level; 6] {
        let contacts = self.gate.contacts();
        std::array::from_fn(|pin| {
            let low = contacts[pin] == Contact::Closed;
            let active = low == (self.target.inputs[pin].active == ActiveLevel::Low);
            if active { Level::Active } else { Level::Inactive }
        })
    }
}

/// Given back, the lines are inactive.
impl Drop for HeldPin {
    fn drop(&mut self) {
        [Side::A, Side::B]
            .into_iter()
            .for_each(|side| self.gate.pull(side, Input::Free));
    }
}

#[async_trait]
impl Pins for HeldPin {
    async fn drive(&mut self, pin: usize, to: Level) -> Result<(), SocketError> {
        let side = [Side::A, Side::B][pin];
        let to = match to {
            Level::Active => Input::Pulled,
            Level::Inactive => Input::Free,
        };
        self.gate.pull(side, to);
        Ok(())
    }

    async fn sense(&mut self, pin: usize) -> Result<Level, SocketError> {
        Ok(self.levels()[pin])
    }

    async fn edge(&mut self) -> Result<PinEdge, SocketError> {
        loop {
            let now = self.levels();
            if let Some(pin) = (0..now.len()).find(|pin| now[*pin] != self.known[*pin]) {
                self.known[pin] = now[pin];
                let at_ns = u64::try_from(self.began.elapsed().as_nanos()).unwrap();
                return Ok(PinEdge {
                    pin,
                    to: now[pin],
                    at_ns,
                });
            }
            sleep(LOOK).await;
        }
    }
}
