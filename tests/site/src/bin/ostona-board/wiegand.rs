//! A reader with two wires, played by pulling them: what it says arrives bit by bit, in order.

use crate::{
    pins::{edge, input},
    pulls::{Pull, Pulls},
};
use adapter_sdk::{
    ActiveLevel, GpioTarget,
    gpio::{Gpio as _, Level},
};
use anyhow::{Result, ensure};
use edge_devices::gpio::Chip;
use std::{thread::sleep, time::Duration};

/// Data 0 and data 1.
pub(crate) const WIRES: [u32; 2] = [4, 5];
/// A card's 24 bits without parity: facility 36, card 26796.
pub(crate) const CARD: u32 = 0x24_68AC;
/// The same as a reader says it: even parity of the first half before, odd parity of the second after.
const FRAME: &str = "00010010001101000101011000";

/// As readers pulse: 20 to 100 µs, 0.2 to 20 ms apart. The board adds what it takes to move a pin.
const PULSE: Duration = Duration::from_micros(50);
const PAUSE: Duration = Duration::from_millis(1);

pub(crate) async fn frame(pulls: &Pulls) -> Result<()> {
    for wire in WIRES {
        pulls.pull(wire, Pull::Up)?;
    }
    let target = GpioTarget {
        chip: pulls.chip().into(),
        outputs: Vec::new(),
        inputs: WIRES.map(|wire| input(wire, ActiveLevel::Low)).to_vec(),
    };
    let mut pins = Chip::new(target).take()?;
    show(pulls)?;
    let (mut heard, mut last) = (String::new(), 0);
    while heard.len() < FRAME.len() {
        let edge = edge(&mut *pins).await?;
        ensure!(edge.at_ns > last, "{edge:?} after {last}");
        last = edge.at_ns;
        if edge.to == Level::Active {
            heard.push(if edge.pin == 0 { '0' } else { '1' });
        }
    }
    ensure!(heard == FRAME, "heard {heard}");
    Ok(())
}

/// The card is shown to the reader.
pub(crate) fn show(pulls: &Pulls) -> Result<()> {
    let [zero, one] = WIRES;
    for bit in FRAME.chars() {
        let wire = if bit == '0' { zero } else { one };
        pulls.pull(wire, Pull::Down)?;
        sleep(PULSE);
        pulls.pull(wire, Pull::Up)?;
        sleep(PAUSE);
    }
    Ok(())
}
