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

/// Data 0 and data 1.
const WIRES: [u32; 2] = [4, 5];
/// Facility 36, card 6828, with both parities.
const FRAME: &str = "10010010001101000101011000";

pub(crate) async fn frame(pulls: &Pulls) -> Result<()> {
    for wire in WIRES {
        pulls.pull(wire, Pull::Up)?;
    }
    let target = GpioTarget {
        chip: pulls.chip().to_owned(),
        outputs: Vec::new(),
        inputs: WIRES.map(|wire| input(wire, ActiveLevel::Low)).to_vec(),
    };
    let mut pins = Chip::new(target).take()?;
    for bit in FRAME.chars() {
        let wire = if bit == '0' { 4 } else { 5 };
        pulls.pull(wire, Pull::Down)?;
        pulls.pull(wire, Pull::Up)?;
    }
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
