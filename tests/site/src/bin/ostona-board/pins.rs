//! The line for pins on a real kernel: what it drives is seen from the other side, and the other way around.

use crate::pulls::{Pull, Pulls};
use adapter_sdk::{
    ActiveLevel, Bias, GpioTarget, InputPin, OutputPin,
    gpio::{Gpio as _, Level, PinEdge, Pins},
    socket::SocketError,
};
use anyhow::{Context as _, Result, bail, ensure};
use edge_devices::gpio::Chip;
use std::{
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// A relay that is active when high, and one that is active when low.
const RELAYS: [(u32, ActiveLevel); 2] = [(0, ActiveLevel::High), (1, ActiveLevel::Low)];
/// A button.
const BUTTON: u32 = 2;
/// Nothing here takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Takes the relays and these inputs.
fn take(chip: &str, inputs: &[InputPin]) -> Result<Box<dyn Pins>> {
    let target = GpioTarget {
        chip: chip.into(),
        outputs: RELAYS.map(|(offset, active)| OutputPin { offset, active }).to_vec(),
        inputs: inputs.to_vec(),
    };
    Chip::new(target).take().context("taking the pins")
}

pub(crate) fn input(offset: u32, active: ActiveLevel) -> InputPin {
    InputPin {
        offset,
        active,
        bias: Bias::AsIs,
        debounce: Duration::ZERO,
    }
}

/// Both relays, electrically, are at rest.
fn at_rest(pulls: &Pulls) -> Result<()> {
    let levels = (pulls.level(0)?, pulls.level(1)?);
    ensure!(levels == (Pull::Down, Pull::Up), "the relays are {levels:?}");
    Ok(())
}

/// Resistors as a careful electrician puts them: they hold a relay at rest.
fn resistors(pulls: &Pulls) -> Result<()> {
    pulls.pull(0, Pull::Down)?;
    pulls.pull(1, Pull::Up)
}

pub(crate) async fn safe(pulls: &Pulls) -> Result<()> {
    // The wrong way around: whatever is at rest was driven there.
    pulls.pull(0, Pull::Up)?;
    pulls.pull(1, Pull::Down)?;
    let mut pins = take(pulls.chip(), &[])?;
    at_rest(pulls).context("after they were taken")?;
    resistors(pulls)?;
    pins.drive(0, Level::Active).await?;
    pins.drive(1, Level::Active).await?;
    let levels = (pulls.level(0)?, pulls.level(1)?);
    ensure!(levels == (Pull::Up, Pull::Down), "driven, the relays are {levels:?}");
    drop(pins);
    at_rest(pulls).context("after they were given back")
}

pub(crate) async fn pulse(pulls: &Pulls) -> Result<()> {
    let mut pins = take(pulls.chip(), &[])?;
    pins.drive(0, Level::Active).await?;
    for _ in 0..7 {
        ensure!(pulls.level(0)? == Pull::Up, "it fell back");
        sleep(Duration::from_millis(100)).await;
    }
    pins.drive(0, Level::Inactive).await?;
    at_rest(pulls)?;
    ensure!(pins.drive(2, Level::Active).await.is_err(), "there is a third relay");
    Ok(())
}

pub(crate) fn taken(pulls: &Pulls) -> Result<()> {
    let pins = take(pulls.chip(), &[])?;
    ensure!(take(pulls.chip(), &[]).is_err(), "somebody else has them as well");
    drop(pins);
    take(pulls.chip(), &[]).map(drop)
}

/// Holds a relay until it is killed.
pub(crate) async fn hold(chip: &str) -> Result<()> {
    let mut pins = take(chip, &[])?;
    pins.drive(0, Level::Active).await?;
    sleep(LIMIT).await;
    bail!("nobody killed it")
}

pub(crate) async fn killed(pulls: &Pulls) -> Result<()> {
    resistors(pulls)?;
    let myself = std::env::current_exe().context("asking where this program lies")?;
    let mut command = Command::new(myself);
    let mut holder = command.args(["hold", pulls.chip()]).stdin(Stdio::null()).spawn()?;
    let active = until("the relay is held", || Ok(pulls.level(0)? == Pull::Up)).await;
    holder
        .kill()
        .and_then(|()| holder.wait().map(drop))
        .context("killing it")?;
    active?;
    until("the resistor has it back", || Ok(pulls.level(0)? == Pull::Down)).await?;
    let pins = take(pulls.chip(), &[])?;
    at_rest(pulls)?;
    drop(pins);
    Ok(())
}

pub(crate) async fn edges(pulls: &Pulls) -> Result<()> {
    pulls.pull(BUTTON, Pull::Up)?;
    let mut pins = take(
        pulls.chip(),
        &[input(7, ActiveLevel::High), input(BUTTON, ActiveLevel::Low)],
    )?;
    ensure!(pins.sense(1).await? == Level::Inactive, "it is pressed already");
    let mut last = 0;
    for (way, to) in [(Pull::Down, Level::Active), (Pull::Up, Level::Inactive)].repeat(2) {
        pulls.pull(BUTTON, way)?;
        let edge = edge(&mut *pins).await?;
        ensure!(
            (edge.pin, edge.to) == (1, to) && edge.at_ns > last,
            "{edge:?} after {last}"
        );
        ensure!(pins.sense(1).await? == to, "it is not what the edge said");
        last = edge.at_ns;
    }
    let more = timeout(Duration::from_millis(100), pins.edge()).await;
    ensure!(more.is_err(), "one more: {more:?}");
    Ok(())
}

pub(crate) async fn overflow(pulls: &Pulls) -> Result<()> {
    pulls.pull(BUTTON, Pull::Down)?;
    let mut pins = take(pulls.chip(), &[input(BUTTON, ActiveLevel::High)])?;
    for _ in 0..600 {
        pulls.pull(BUTTON, Pull::Up)?;
        pulls.pull(BUTTON, Pull::Down)?;
    }
    let mut read = 0;
    loop {
        match timeout(LIMIT, pins.edge()).await.context("it is silent")? {
            Ok(_) => read += 1,
            Err(SocketError::Broken(_)) => return Ok(()),
            Err(error) => return Err(error).context("another error"),
        }
        ensure!(read < 1200, "none was lost");
    }
}

/// The next edge.
pub(crate) async fn edge(pins: &mut dyn Pins) -> Result<PinEdge> {
    let edge = timeout(LIMIT, pins.edge()).await.context("no edge came")?;
    edge.context("waiting for an edge")
}

/// Looks until it is so.
pub(crate) async fn until(what: &str, mut is: impl FnMut() -> Result<bool>) -> Result<()> {
    let looking = async {
        while !is()? {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    timeout(LIMIT, looking)
        .await
        .with_context(|| format!("not in time: {what}"))?
}
