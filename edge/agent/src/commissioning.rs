//! Errands of whoever stands in front of the box with a screwdriver: is the device there, and what hangs here at all.
//!
//! Nothing is configured by them, and what devices know of people is never printed.

pub(crate) mod control;
mod control_message;
mod direct_test;
pub(crate) mod discovery;
mod text;

use crate::settings::{DeviceSpec, Settings};
use anyhow::{Context as _, bail};
use control_message::{ControlQuestion, ControlReply, TestReport};
use protocol::{DeviceId, Outcome, id::AdapterId};
use std::path::PathBuf;

/// What is to be done with devices.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CommissioningTask {
    /// Speak to one.
    Test {
        /// Which.
        device: DeviceId,
        /// A file with kind, adapter and settings to try instead of the ones in force: JSON or TOML.
        config: Option<PathBuf>,
    },
    /// List what is there.
    Discover(discovery::DiscoveryScope),
}

/// Does it.
pub(crate) async fn run(settings: Settings, errand: CommissioningTask) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    match errand {
        CommissioningTask::Test { device, config } => test(settings, device, config).await,
        CommissioningTask::Discover(scope) => discovery::run(&settings, scope).await,
    }
}

async fn test(settings: Settings, device: DeviceId, config: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(file) = config {
        return direct_test::test(&settings, device, read_device_spec(&file)?).await;
    }
    let question = ControlQuestion::Test { device: device.clone() };
    match control::ask(&settings.control(), &question).await? {
        Some(ControlReply::Tested(tested)) => print_report(&tested),
        Some(ControlReply::Refused { why }) => bail!("{device}: {why}"),
        Some(ControlReply::Strangers { .. }) => bail!("the agent answers something else"),
        None => {
            let spec = direct_test::spec(&settings, &device)?;
            let spec = spec.with_context(|| format!("neither settings nor documents name a device {device}"))?;
            direct_test::test(&settings, device, spec).await
        }
    }
}

/// A device to try, as the settings file or a document would spell it.
fn read_device_spec(file: &std::path::Path) -> anyhow::Result<DeviceSpec> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    // Without the errors: they quote the line, and it may hold a password.
    let json = serde_json::from_str(&text).ok();
    let spec = json.or_else(|| toml::from_str(&text).ok());
    spec.with_context(|| format!("{} holds no kind, adapter and settings", file.display()))
}

fn print_report(tested: &TestReport) -> anyhow::Result<()> {
    let TestReport {
        device,
        kind,
        adapter,
        address,
        presence,
        fw,
        outcome,
    } = tested;
    let adapter = adapter.as_ref().map_or("no adapter", AdapterId::as_str);
    let place = address
        .as_ref()
        .map_or_else(String::new, |address| format!(" at {}", text::plain(address.as_str())));
    crate::say(&format!("{device}: {kind}, {adapter}{place}"));
    let firmware = fw
        .as_ref()
        .map_or_else(String::new, |fw| format!(", firmware {}", text::plain(fw.as_str())));
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
