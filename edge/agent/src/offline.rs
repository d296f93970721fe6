//! Errands done while the agent is stopped: enrol, export, check, make a token.

use crate::{
    VERSION,
    catalog::catalog,
    clock::WallClock,
    export::{self, ExportSummary},
    seal,
    settings::Settings,
};
use anyhow::{Context as _, bail};
use edge_devices::{Config, Fleet, FleetContext};
use edge_journal::{Journal, JournalError, JournalOptions};
use edge_uplink::{EdgeIdentity, EnrolOptions};
use protocol::{enrolment::Code, text::BoardSerial};
use std::{path::Path, sync::Arc};

/// Joins a cloud.
pub(crate) async fn enrol(settings: Settings, code: Code) -> anyhow::Result<()> {
    let cloud = settings
        .cloud
        .clone()
        .context("the settings name no cloud: set [cloud] url")?;
    private_dir(&settings.state_dir)?;
    let identity_path = settings.identity();
    let seal = seal::key(&settings)?;
    let clock = Arc::new(WallClock::new(settings.zone, settings.clock));
    let options = EnrolOptions {
        cloud,
        code,
        identity: identity_path,
        seal,
        settings: settings.uplink,
        serial: serial(),
        version: VERSION.into(),
        clock: clock.clone(),
        cloud_time: clock,
    };
    let identity = edge_uplink::enrol(options)
        .await
        .context("this edge was not enrolled")?;
    crate::say(&format!("enrolled {} at {}", identity.edge(), identity.site_name()));
    Ok(())
}

/// Writes unsent events to a file. Nothing is marked as sent: imported or not, they are sent again, and kept once.
pub(crate) fn export(settings: &Settings, path: &Path) -> anyhow::Result<()> {
    let seal = seal::key(settings)?;
    let identity = EdgeIdentity::load(&settings.identity(), seal.as_ref())?;
    let options = JournalOptions {
        seal,
        ..JournalOptions::new(settings.journal_dir(), identity.journal_epoch())
    };
    let (journal, _) = match Journal::open(options) {
        Err(JournalError::Locked { .. }) => bail!("the agent is running: stop it first"),
        other => other.context("cannot open the journal")?,
    };
    let reader = journal.reader();
    let now = edge_kernel::EdgeClock::now(&WallClock::new(settings.zone.clone(), settings.clock));
    let read = |lane, after| reader.after(lane, after, export::PART);
    let written = export::write(&identity, identity.epoch(), journal.cursor(), now, path, read);
    let ExportSummary {
        events,
        batches,
        damaged,
        ..
    } = written.context("cannot write the export file")?;
    damaged.iter().for_each(|line| crate::say(line));
    crate::say(&format!("{events} events in {batches} batches in {}", path.display()));
    Ok(())
}

/// Lets apps begin anew whose snapshots cannot be read.
pub(crate) fn accept_loss(settings: &Settings, apps: &[String]) -> anyhow::Result<()> {
    let seal = seal::key(settings)?;
    let epoch = match EdgeIdentity::load(&settings.identity(), seal.as_ref()) {
        Ok(identity) => identity.journal_epoch(),
        Err(edge_uplink::EdgeIdentityError::Absent { .. }) => protocol::Epoch(1),
        Err(error) => return Err(error.into()),
    };
    let options = JournalOptions {
        seal,
        ..JournalOptions::new(settings.journal_dir(), epoch)
    };
    let (mut journal, _) = match Journal::open(options) {
        Err(JournalError::Locked { .. }) => bail!("the agent is running: stop it first"),
        other => other.context("cannot open the journal")?,
    };
    journal
        .accept_losses(apps)
        .context("cannot put down what may be lost")?;
    crate::say(&format!("at the next start these begin anew: {}", apps.join(", ")));
    Ok(())
}

/// Checks settings, identity and adapters.
pub(crate) fn check(settings: &Settings) -> anyhow::Result<()> {
    let clock = Arc::new(WallClock::new(settings.zone.clone(), settings.clock));
    let (happened, _) = tokio::sync::mpsc::channel(1);
    let fleet = Fleet::new(FleetContext {
        catalog: catalog(),
        clock,
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened,
        resume: Arc::new(|_| Box::pin(async { None })),
        push_url: Arc::new(|_| None),
        seed: 0,
    });
    for (device, spec) in &settings.devices {
        if let Some(adapter) = spec.adapter.clone() {
            fleet.check(&Config {
                device: device.clone(),
                adapter,
                settings: spec.settings.clone(),
            })?;
        }
    }
    crate::say(&format!("settings: good, {} devices", settings.devices.len()));
    let seal = seal::key(settings)?;
    crate::say(match &seal {
        Some(_) => "secrets: sealed",
        None => "secrets: not sealed, whoever takes the card has them",
    });
    match EdgeIdentity::load(&settings.identity(), seal.as_ref()) {
        Ok(identity) => crate::say(&format!("identity: {} at {}", identity.edge(), identity.site_name())),
        Err(edge_uplink::EdgeIdentityError::Absent { .. }) => crate::say("identity: none yet, this box works alone"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Shows the code of the box; the agent may run meanwhile.
pub(crate) fn admin_code(settings: &Settings) -> anyhow::Result<()> {
    private_dir(&settings.state_dir)?;
    crate::say(&edge_lan::claim_code(&settings.state_dir)?);
    Ok(())
}

/// Has the password of the box's settings forgotten.
pub(crate) fn admin_reset(settings: &Settings) -> anyhow::Result<()> {
    private_dir(&settings.state_dir)?;
    edge_lan::forget_password(&settings.state_dir)?;
    crate::say(
        "The password is forgotten when the agent starts next: restart it, then ask for `ostona-edge admin-code`.",
    );
    Ok(())
}

/// Makes a token for a device that speaks MQTT or HTTP to this box.
pub(crate) fn token() -> anyhow::Result<()> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).context("the system gives no randomness")?;
    let (token, hash) = edge_broker::issue(entropy);
    crate::say(&format!("for the device, shown only now:  {token}"));
    crate::say(&format!("for the settings, token = {:?}", String::from(hash)));
    Ok(())
}

/// Makes a directory only its owner may read.
pub(crate) fn private_dir(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot make {}", dir.display()))
}

/// The board's serial number, as a Pi tells it; else the machine's name.
fn serial() -> BoardSerial {
    let read = |path| std::fs::read_to_string(path).ok();
    let text = read("/proc/device-tree/serial-number")
        .or_else(|| read("/etc/hostname"))
        .unwrap_or_default();
    let text: String = text
        .chars()
        .filter(|character| character.is_ascii_graphic())
        .take(64)
        .collect();
    if text.is_empty() { "unknown".into() } else { text.into() }
}
