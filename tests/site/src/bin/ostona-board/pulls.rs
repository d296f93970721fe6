//! A simulated chip of sixteen pins (gpio-sim), moved and looked at from the other side.

use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where chips are made.
const MADE: &str = "/sys/kernel/config/gpio-sim/board";

/// The chip's other side.
pub(crate) struct Pulls {
    chip: String,
    pins: PathBuf,
}

/// Which way a pin is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pull {
    Up,
    Down,
}

impl Pulls {
    /// Makes the chip.
    pub(crate) fn make() -> Result<Self> {
        let bank = Path::new(MADE).join("bank0");
        fs::create_dir_all(&bank).context("making a chip")?;
        write(&bank.join("num_lines"), "16")?;
        write(&Path::new(MADE).join("live"), "1")?;
        let chip = read(&bank.join("chip_name"))?;
        let device = read(&Path::new(MADE).join("dev_name"))?;
        Ok(Self {
            pins: Path::new("/sys/devices/platform").join(device).join(&chip),
            chip: format!("/dev/{chip}"),
        })
    }

    /// The chip, as the edge names it.
    pub(crate) fn chip(&self) -> &str {
        &self.chip
    }

    /// Pulls a pin.
    pub(crate) fn pull(&self, pin: u32, way: Pull) -> Result<()> {
        let way = match way {
            Pull::Up => "pull-up",
            Pull::Down => "pull-down",
        };
        write(&self.pin(pin).join("pull"), way)
    }

    /// How a pin is, electrically.
    pub(crate) fn level(&self, pin: u32) -> Result<Pull> {
        match read(&self.pin(pin).join("value"))?.as_str() {
            "1" => Ok(Pull::Up),
            "0" => Ok(Pull::Down),
            other => bail!("pin {pin} is {other:?}"),
        }
    }

    fn pin(&self, pin: u32) -> PathBuf {
        self.pins.join(format!("sim_gpio{pin}"))
    }
}

/// A file of the kernel's, without the end of its line.
pub(crate) fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// Writes such a file.
pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
