//! The parts of the edge, each started from its settings. None of them is told of another here.

use crate::{
    VERSION,
    clock::WallClock,
    settings::{DeviceLimits, Mqtt, Settings},
};
use anyhow::{Context as _, bail};
use edge_broker::{Broker, BrokerLimits, DeviceCredentials};
use edge_journal::{Journal, JournalError, JournalOptions};
use edge_kernel::{KernelHandle, Port, Trust};
use edge_seal::SealingKey;
use edge_uplink::{EdgeIdentity, EdgeIdentityError, Uplink};
use protocol::fact::Heartbeat;
use std::{path::Path, sync::Arc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

pub(super) fn kernel(
    settings: &Settings,
    seal: Option<SealingKey>,
    clock: &Arc<WallClock>,
) -> anyhow::Result<(KernelHandle, Option<EdgeIdentity>)> {
    let mut identity = match EdgeIdentity::load(&settings.identity(), seal.as_ref()) {
        Ok(identity) => Some(identity),
        Err(EdgeIdentityError::Absent { .. }) => None,
        Err(error) => return Err(error).context("this edge does not know who it is"),
    };
    let dir = settings.journal_dir();
    let blank = edge_journal::is_blank(&dir).with_context(|| format!("cannot look into {}", dir.display()))?;
    let epoch = match &mut identity {
        // A box that worked alone before it was enrolled has begun its first journal already.
        Some(identity) if blank || identity.epoch().0 == 0 => identity.begin_epoch()?,
        Some(identity) => identity.journal_epoch(),
        None => protocol::Epoch(1),
    };
    let options = JournalOptions {
        facts_budget: settings.journal.facts_mb << 20,
        telemetry_budget: settings.journal.telemetry_mb << 20,
        seal,
        ..JournalOptions::new(dir, epoch)
    };
    let (journal, recovery) = match Journal::open(options) {
        Err(JournalError::Locked { .. }) => bail!("another agent works in {}", settings.state_dir.display()),
        other => other.context("cannot open the journal")?,
    };
    let trust = identity.as_ref().map_or_else(Trust::default, |identity| Trust {
        me: Some(edge_kernel::EdgeIds {
            edge: identity.edge(),
            org: identity.org(),
        }),
        keys: identity.command_keys().to_vec(),
    });
    let options = edge_kernel::KernelOptions {
        journal,
        recovery,
        clock: clock.clone(),
        trust,
        entropy: random()?,
        version: VERSION.into(),
        limits: settings.limits.of_kernel(&settings.journal),
        runtime: tokio::runtime::Handle::current(),
    };
    Ok((edge_kernel::start(options).map_err(refused_start)?, identity))
}

/// Why there is no start, and what to do where it would forget something.
fn refused_start(error: JournalError) -> anyhow::Error {
    let advice = if let JournalError::WouldForget { app, .. } = &error {
        let forgotten = match app.as_str() {
            "queue" => "ticket numbers, who waits, used bookings",
            "prints" => "paper under way, which might come twice",
            "roster" => "commands already carried out, and how far devices' logs were read",
            _ => "what it knows",
        };
        format!(
            "the kernel cannot be started: it would forget {forgotten}. Put back a copy of the state directory, install the \
             version that wrote it, or accept the loss: ostona-edge accept-loss {app}"
        )
    } else {
        "the kernel cannot be started".to_owned()
    };
    anyhow::Error::new(error).context(advice)
}

pub(super) async fn broker(
    mqtt: &Mqtt,
    limits: &DeviceLimits,
    credentials: watch::Receiver<Arc<DeviceCredentials>>,
    port: &Port,
    stop: &CancellationToken,
) -> anyhow::Result<Broker> {
    let tls = match &mqtt.tls {
        Some(tls) => {
            let read =
                |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
            let (cert, key) = (read(&tls.cert)?, Zeroizing::new(read(&tls.key)?));
            let client_ca = tls.client_ca.as_deref().map(read).transpose()?;
            let config = edge_broker::tls_config(&cert, &key, client_ca.as_deref());
            Some((tls.listen, config.context("mqtt.tls cannot be used")?))
        }
        None => None,
    };
    let abort = Arc::new(|| {
        tracing::error!("the broker's router is silent: restarting");
        std::process::abort();
    });
    let settings = edge_broker::Settings {
        plain: mqtt.plain,
        tls,
        limits: BrokerLimits {
            publications_per_s: limits.device_publications_per_s,
            ..BrokerLimits::default()
        },
        abort,
    };
    let broker = Broker::start(settings, credentials, port.clone(), stop.child_token()).await;
    let broker = broker.context("MQTT cannot be served")?;
    for (name, address) in [("mqtt", broker.plain()), ("mqtts", broker.tls())] {
        if let Some(address) = address {
            crate::say(&format!("listening {name} {address}"));
        }
    }
    Ok(broker)
}

pub(super) fn vitals(settings: &Settings, port: &Port, stop: &CancellationToken) -> watch::Receiver<Heartbeat> {
    let (latest, vitals) = watch::channel(Heartbeat::default());
    let settings = edge_vitals::Settings {
        version: VERSION.into(),
        disk: settings.journal_dir(),
    };
    tokio::spawn(edge_vitals::run(settings, port.clone(), latest, stop.child_token()));
    vitals
}

pub(super) fn uplink(
    settings: &Settings,
    identity: Option<EdgeIdentity>,
    port: &Port,
    clock: &Arc<WallClock>,
    heartbeat: watch::Receiver<Heartbeat>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Uplink>> {
    let Some(identity) = identity else {
        tracing::info!("not enrolled: working alone");
        return Ok(None);
    };
    let start = edge_uplink::UplinkOptions {
        settings: settings.uplink.clone(),
        identity,
        version: VERSION.into(),
        port: port.clone(),
        cloud_time: clock.clone(),
        heartbeat,
        shutdown: stop.child_token(),
    };
    Uplink::start(start).map(Some).context("the uplink cannot be started")
}

pub(super) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system gives no randomness")?;
    Ok(bytes)
}
