//! Errands of whoever stands in front of the box with a screwdriver: is the device there, and what hangs here at all.
//!
//! Nothing is configured by them, and what devices know of people is never printed.

mod alone;
mod answer;
pub(crate) mod control;
pub(crate) mod discover;
mod text;

use crate::settings::{Settings, Spec};
use answer::{Question, Reply, Tested};
use anyhow::{Context as _, bail};
use protocol::{DeviceId, Outcome};
use std::path::PathBuf;

/// What is to be done with devices.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fieldwork {
    /// Speak to one.
    Test {
        /// Which.
        device: DeviceId,
        /// A file with kind, adapter and settings to try instead of the ones in force: JSON or TOML.
        config: Option<PathBuf>,
    },
    /// List what is there.
    Discover(discover::Scope),
}

/// Does it.
pub(crate) async fn run(settings: Settings, errand: Fieldwork) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    match errand {
        Fieldwork::Test { device, config } => test(settings, device, config).await,
        Fieldwork::Discover(scope) => discover::run(&settings, scope).await,
    }
}

async fn test(settings: Settings, device: DeviceId, config: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(file) = config {
        return alone::test(&settings, device, tried(&file)?).await;
    }
    let question = Question::Test { device: device.clone() };
    match control::ask(&settings.control(), &question).await? {
        Some(Reply::Tested(tested)) => told(&tested),
        Some(Reply::Refused { why }) => bail!("{device}: {why}"),
        Some(Reply::Strangers { .. }) => bail!("the agent answers something else"),
        None => {
            let spec = alone::spec(&settings, &device)?;
            let spec = spec.with_context(|| format!("neither settings nor documents name a device {device}"))?;
            alone::test(&settings, device, spec).await
        }
    }
}

/// A device to try, as the settings file or a document would spell it.
fn tried(file: &std::path::Path) -> anyhow::Result<Spec> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    // Without the errors: they quote the line, and it may hold a password.
    let json = serde_json::from_str(&text).ok();
    let spec = json.or_else(|| toml::from_str(&text).ok());
    spec.with_context(|| format!("{} holds no kind, adapter and settings", file.display()))
}

fn told(tested: &Tested) -> anyhow::Result<()> {
    let Tested {
        device,
        kind,
        adapter,
        address,
        presence,
        fw,
        outcome,
    } = tested;
    let adapter = adapter.as_deref().unwrap_or("no adapter");
    let place = address
        .as_ref()
        .map_or_else(String::new, |address| format!(" at {}", text::plain(address)));
    crate::say(&format!("{device}: {kind}, {adapter}{place}"));
    let firmware = fw
        .as_ref()
        .map_or_else(String::new, |fw| format!(", firmware {}", text::plain(fw)));
    crate::say(&format!("it is {}{firmware}", text::presence(presence)));
    ended(device, outcome)
}

/// Says how the device's own test ended.
fn ended(device: &DeviceId, outcome: &Outcome) -> anyhow::Result<()> {
    let told = text::outcome(outcome);
    if let Outcome::Ok { .. } = outcome {
        crate::say(&format!("test: {told}"));
        return Ok(());
    }
    bail!("{device}: the test {told}")
}
