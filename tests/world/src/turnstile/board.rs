//! The relay board between bus and gate: eight coils, six inputs, and a count of everything its relays did.
//!
//! It does what a frame says and nothing else; a frame it does not understand it refuses as the specification says.

use super::{
    config::{Answers, Config, Pulses, Stranger},
    gate::{Contact, Fire, Gate, Input, PassageResult, Pull, Side},
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Coils of the board.
const COILS: usize = 8;
/// Added to a coil's number to pulse it.
const FLASH: u16 = 0x0200;

/// A relay was active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// Which relay, from 0.
    pub relay: usize,
    /// Since when.
    pub from: Instant,
    /// How long; `None`: it still is.
    pub lasted: Option<Duration>,
}

/// What a board counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Writes it heard that make a relay active.
    pub commands: usize,
    /// Reads of its inputs.
    pub looks: usize,
    /// Frames for other units, or that cannot be read.
    pub strange: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Relay {
    since: Option<Instant>,
    ends: Option<Instant>,
}

/// The board and its gate.
#[derive(Debug)]
pub(super) struct Board {
    config: Config,
    pub(super) gate: Gate,
    relays: [Relay; COILS],
    pub(super) pulses: Vec<Pulse>,
    pub(super) counts: Counters,
    pub(super) answers: Answers,
    pub(super) next_writes: VecDeque<Answers>,
}

impl Board {
    pub(super) fn new(config: Config) -> Self {
        Self {
            gate: Gate::new(config.clone()),
            config,
            relays: Default::default(),
            pulses: Vec::new(),
            counts: Counters::default(),
            answers: Answers::FleetContext,
            next_writes: VecDeque::new(),
        }
    }

    /// A function and what follows it, for a unit; gives what is answered, function code first.
    pub(super) fn hear(&mut self, unit: u8, pdu: &[u8], now: Instant) -> Option<Vec<u8>> {
        self.pass_time(now);
        let function = *pdu.first()?;
        let exception = |code: u8| Some(vec![function | 0x80, code]);
        if unit != self.config.unit {
            self.counts.strange += 1;
            return match self.config.stranger {
                Stranger::Silence => None,
                Stranger::Converter => exception(11),
            };
        }
        let writes = matches!(function, 5 | 15);
        let answers = match self.next_writes.front().copied().filter(|_| writes) {
            Some(answers) => {
                self.next_writes.pop_front();
                answers
            }
            None => self.answers,
        };
        match answers {
            Answers::Deaf => None,
            Answers::Exception(code) => exception(code),
            Answers::Lost => {
                // What it would have answered is lost.
                let _ = self.carry_out(pdu, now);
                None
            }
            Answers::FleetContext => match self.carry_out(pdu, now) {
                Ok(answer) => Some(answer),
                Err(code) => exception(code),
            },
        }
    }

    fn carry_out(&mut self, pdu: &[u8], now: Instant) -> Result<Vec<u8>, u8> {
        let word = |at: usize| match pdu.get(at..at + 2) {
            Some([high, low]) => Ok(u16::from_be_bytes([*high, *low])),
            _ => Err(3),
        };
        match pdu.first() {
            Some(1) => {
                let coils: Vec<bool> = self.relays.iter().map(|relay| relay.since.is_some()).collect();
                bits(1, &coils, word(1)?, word(3)?)
            }
            Some(2) => {
                self.counts.looks += 1;
                let mut closed: Vec<bool> = self
                    .gate
                    .contacts(now)
                    .iter()
                    .map(|one| *one == Contact::Closed)
                    .collect();
                closed.resize(COILS, false);
                bits(2, &closed, word(1)?, word(3)?)
            }
            Some(5) => {
                self.write(word(1)?, word(3)?, now)?;
                Ok(pdu.to_vec())
            }
            Some(15) => {
                let (first, count) = (word(1)?, word(3)?);
                for at in 0..count {
                    let byte = pdu.get(6 + usize::from(at / 8)).ok_or(3)?;
                    let to = if byte >> (at % 8) & 1 == 1 { 0xFF00 } else { 0 };
                    self.write(first + at, to, now)?;
                }
                Ok(pdu.get(..5).unwrap_or_default().to_vec())
            }
            Some(_) | None => Err(1),
        }
    }

    fn write(&mut self, at: u16, value: u16, now: Instant) -> Result<(), u8> {
        let flash = at >= FLASH && self.config.pulses == Pulses::Own;
        let relay = usize::from(if flash { at - FLASH } else { at });
        if relay >= COILS {
            return Err(2);
        }
        match (flash, value) {
            (true, tenths) => {
                let ends = now + Duration::from_millis(100) * u32::from(tenths);
                self.switch_on(relay, Some(ends), now);
            }
            (false, 0xFF00) => self.switch_on(relay, None, now),
            (false, 0) => self.switch_off(relay, now),
            (false, _) => return Err(3),
        }
        self.feel(now);
        Ok(())
    }

    fn switch_on(&mut self, relay: usize, ends: Option<Instant>, now: Instant) {
        self.counts.commands += 1;
        let Some(known) = self.relays.get_mut(relay) else {
            return;
        };
        known.ends = ends;
        if known.since.is_none() {
            known.since = Some(now);
            self.pulses.push(Pulse {
                relay,
                from: now,
                lasted: None,
            });
        }
    }

    fn switch_off(&mut self, relay: usize, at: Instant) {
        let Some(known) = self.relays.get_mut(relay) else {
            return;
        };
        *known = Relay::default();
        let mut open = self.pulses.iter_mut().rev().filter(|pulse| pulse.relay == relay);
        if let Some(pulse) = open.next().filter(|pulse| pulse.lasted.is_none()) {
            pulse.lasted = Some(at - pulse.from);
        }
    }

    /// Ends pulses that are over, and lets the gate feel its inputs.
    pub(super) fn pass_time(&mut self, now: Instant) {
        for relay in 0..COILS {
            let ends = self.relays.get(relay).and_then(|relay| relay.ends);
            if let Some(ends) = ends.filter(|ends| *ends <= now) {
                self.switch_off(relay, ends);
            }
        }
        self.feel(now);
    }

    fn feel(&mut self, now: Instant) {
        for (relay, side) in [(0, Side::A), (1, Side::B)] {
            let since = self.relays.get(relay).and_then(|relay| relay.since);
            let mut before = self.pulses.iter().rev().filter(|pulse| pulse.relay == relay);
            let last = before.find_map(|pulse| Some((pulse.from, pulse.from + pulse.lasted?)));
            self.gate.feel(side, Pull { since, last }, now);
        }
    }

    /// An input of the gate is pulled or let go by somebody else's relay.
    pub(super) fn pull(&mut self, side: Side, to: Input, now: Instant) {
        self.pass_time(now);
        let relay = match side {
            Side::A => 0,
            Side::B => 1,
        };
        match to {
            Input::Pulled => self.switch_on(relay, None, now),
            Input::Free => self.switch_off(relay, now),
        }
        self.feel(now);
    }

    pub(super) fn walk(&mut self, side: Side, now: Instant) -> PassageResult {
        self.pass_time(now);
        self.gate.walk(side, now)
    }

    pub(super) fn is_free(&mut self, side: Side, now: Instant) -> bool {
        self.pass_time(now);
        self.gate.is_free(side, now)
    }

    pub(super) fn set_fire(&mut self, fire: Fire, now: Instant) {
        self.pass_time(now);
        self.gate.set_fire(fire);
    }

    /// Relays fall, the gate locks.
    pub(super) fn lose_power(&mut self, now: Instant) {
        self.pass_time(now);
        (0..COILS).for_each(|relay| self.switch_off(relay, now));
        self.gate.lock();
    }
}

/// Bits as an answer, in bytes from the lowest bit on.
fn bits(function: u8, all: &[bool], first: u16, count: u16) -> Result<Vec<u8>, u8> {
    let (first, count) = (usize::from(first), usize::from(count));
    if count == 0 || count > 2000 {
        return Err(3);
    }
    let asked = all.get(first..first + count).ok_or(2)?;
    let bytes: Vec<u8> = asked
        .chunks(8)
        .map(|chunk| chunk.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
        .collect();
    let mut answer = vec![function, u8::try_from(bytes.len()).map_err(|_| 3)?];
    answer.extend(bytes);
    Ok(answer)
}
