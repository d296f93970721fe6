//! Wiring: every part of the edge started in order, joined, and ended in the other order.

use crate::{
    VERSION,
    catalog::catalog,
    clock::WallClock,
    devices::Devices,
    doorkeeper::{Doorkeeper, push_token},
    offline::private_dir,
    settings::{Mqtt, Settings, Spec},
    watchdog,
};
use anyhow::{Context as _, bail};
use edge_broker::{Broker, Credentials};
use edge_devices::{Fleet, Given, Resume};
use edge_journal::{Journal, JournalError, Options};
use edge_kernel::{Entry, Port, Presence, Shelf, Started, Trust};
use edge_screens::{Link, Screens};
use edge_uplink::{Identity, IdentityError, LinkState, Uplink};
use protocol::{DeviceId, Document, Fact, fact::ClockChange, key::to_base64, signed::Signed};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Things drivers may have said that nobody took yet.
const HAPPENED: usize = 1024;
/// Between two looks at clocks and leases.
const TICK: Duration = Duration::from_millis(250);
/// A wall clock that moved this much against the monotonic one was set.
const JUMP_MS: i64 = 2000;

/// Works until told to stop.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = CancellationToken::new();
    let clock = Arc::new(WallClock::new(settings.zone.clone()));
    private_dir(&settings.state_dir)?;
    let (started, identity) = start_kernel(&settings, &clock)?;
    let Started { port, effects, thread } = started;
    let mut kernel = tokio::task::spawn_blocking(move || thread.join());

    // Time must pass before anything waits for a checkpoint.
    tokio::spawn(tick(port.clone(), clock.clone(), stop.child_token()));
    let secret = push_secret(&port).await?;
    let (credentials, credentials_out) = watch::channel(Arc::new(Credentials::default()));
    let broker = start_broker(&settings.mqtt, credentials_out.clone(), &port, &stop).await?;
    let (vitals_in, vitals) = watch::channel(protocol::fact::Heartbeat::default());
    let vitals_settings = edge_vitals::Settings {
        version: VERSION.into(),
        disk: settings.journal_dir(),
    };
    tokio::spawn(edge_vitals::run(
        vitals_settings,
        port.clone(),
        vitals_in,
        stop.child_token(),
    ));
    let uplink = start_uplink(&settings, identity, &port, &clock, vitals, &stop)?;
    let (link_in, link) = watch::channel(Link::Alone);
    if let Some(uplink) = &uplink {
        tokio::spawn(follow_link(uplink.state(), link_in, port.clone()));
    }

    let lan = edge_screens::Settings {
        listen: settings.lan.listen,
        doorkeeper: Arc::new(Doorkeeper::new(credentials_out, secret)),
        link,
        version: VERSION.into(),
    };
    let (screens, pushed) = Screens::start(lan, port.clone(), stop.child_token()).await?;
    crate::say(&format!("listening lan {}", screens.address()));

    let push_base = settings
        .lan
        .url
        .clone()
        .unwrap_or_else(|| format!("http://{}", screens.address()));
    let (happened_in, happened) = mpsc::channel(HAPPENED);
    let given = given(&port, &clock, happened_in, push_base, secret)?;
    let fleet = Fleet::new(given);
    let mut devices = Devices {
        port: port.clone(),
        fleet,
        broker,
        uplink,
        credentials,
        down: BTreeMap::new(),
    };
    configure(&mut devices, &settings, &port).await?;
    let devices = tokio::spawn(devices.run(effects, happened, pushed, stop.clone()));
    crate::say("ready");
    tokio::spawn(watchdog::run(port.clone(), stop.child_token()));

    let died = tokio::select! {
        () = told_to_stop() => None,
        ended = &mut kernel => Some(ended),
    };
    stop.cancel();
    if let Some(ended) = died {
        bail!("the kernel ended: {ended:?}");
    }
    tracing::info!("stopping");
    let (fleet, broker, uplink) = devices.await.context("the devices' wiring failed")?;
    fleet.stop().await;
    broker.stopped().await;
    screens.ended().await;
    if let Some(uplink) = uplink {
        uplink.ended().await;
    }
    port.stop().await;
    let ended = kernel.await.context("the kernel's thread cannot be joined")?;
    ended
        .map_err(|_| anyhow::anyhow!("the kernel failed"))?
        .context("the journal could not be closed")
}

fn start_kernel(settings: &Settings, clock: &Arc<WallClock>) -> anyhow::Result<(Started, Option<Identity>)> {
    let mut identity = match Identity::load(&settings.identity()) {
        Ok(identity) => Some(identity),
        Err(IdentityError::Absent { .. }) => None,
        Err(error) => return Err(error).context("this edge does not know who it is"),
    };
    let dir = settings.journal_dir();
    let blank = edge_journal::is_blank(&dir).with_context(|| format!("cannot look into {}", dir.display()))?;
    let epoch = match &mut identity {
        // A box that worked alone before it was enrolled has begun its first journal already.
        Some(identity) if blank || identity.epoch().0 == 0 => identity.begin_epoch()?,
        Some(identity) => identity.epoch(),
        None => protocol::Epoch(1),
    };
    let options = Options {
        facts_budget: settings.journal.facts_mb << 20,
        telemetry_budget: settings.journal.telemetry_mb << 20,
        ..Options::new(dir, epoch)
    };
    let (journal, recovery) = match Journal::open(options) {
        Err(JournalError::Locked { .. }) => bail!("another agent works in {}", settings.state_dir.display()),
        other => other.context("cannot open the journal")?,
    };
    let trust = identity.as_ref().map_or_else(Trust::default, |identity| Trust {
        me: Some(edge_kernel::Me {
            edge: identity.edge(),
            org: identity.org(),
        }),
        keys: identity.command_keys().to_vec(),
    });
    let options = edge_kernel::Options {
        journal,
        recovery,
        clock: clock.clone(),
        trust,
        entropy: random()?,
        version: VERSION.into(),
    };
    Ok((
        edge_kernel::start(options).context("the kernel cannot be started")?,
        identity,
    ))
}

async fn start_broker(
    mqtt: &Mqtt,
    credentials: watch::Receiver<Arc<Credentials>>,
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
        limits: Default::default(),
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

fn start_uplink(
    settings: &Settings,
    identity: Option<Identity>,
    port: &Port,
    clock: &Arc<WallClock>,
    heartbeat: watch::Receiver<protocol::fact::Heartbeat>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Uplink>> {
    let Some(identity) = identity else {
        tracing::info!("not enrolled: working alone");
        return Ok(None);
    };
    let start = edge_uplink::Start {
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

fn given(
    port: &Port,
    clock: &Arc<WallClock>,
    happened: mpsc::Sender<edge_devices::Happened>,
    push_base: String,
    secret: [u8; 32],
) -> anyhow::Result<Given> {
    let port = port.clone();
    let resume: Resume = Arc::new(move |device: DeviceId| {
        let port = port.clone();
        Box::pin(async move {
            let mark = port.look(move |roster| {
                let (log, number) = roster.device(&device)?.latest_mark()?;
                Some(adapter_sdk::Mark {
                    log: log.to_owned(),
                    number,
                })
            });
            mark.await.ok().flatten()
        })
    });
    Ok(Given {
        catalog: catalog(),
        clock: clock.clone(),
        // Devices on a LAN have certificates of their own, pinned in their settings; public roots vouch for none.
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened,
        resume,
        push_url: Arc::new(move |device| Some(format!("{push_base}/push/{device}/{}", push_token(&secret, device)))),
        seed: u64::from_le_bytes(random()?),
    })
}

/// Devices as the documents say, else as the settings file says; what neither names any more is retired.
async fn configure(devices: &mut Devices, settings: &Settings, port: &Port) -> anyhow::Result<()> {
    let mut specs: BTreeMap<DeviceId, (Spec, u64)> = settings
        .devices
        .iter()
        .cloned()
        .map(|(device, spec)| (device, (spec, 0)))
        .collect();
    for (key, bytes) in port.shelf(Shelf::Documents).await? {
        // Checked when they arrived; a version this build cannot read any more leaves the settings file in force.
        let document = serde_json::from_slice::<Signed>(&bytes).ok();
        let document = document.and_then(|signed| serde_json::from_str::<Document>(&signed.text).ok());
        let Some(document) = document.filter(|document| document.id.kind() == "device") else {
            continue;
        };
        match (document.id.name().parse(), serde_json::from_value(document.body)) {
            (Ok(device), Ok(spec)) => {
                specs.insert(device, (spec, document.version));
            }
            _ => tracing::warn!(key, "a document cannot be read and is left out"),
        }
    }
    let known = port
        .look(|roster| roster.devices().map(|(id, _)| id.clone()).collect::<Vec<_>>())
        .await?;
    for device in known.into_iter().filter(|device| !specs.contains_key(device)) {
        port.presence(device, Presence::Retired, None).await?;
    }
    for (device, (spec, version)) in specs {
        if let Err(reason) = devices.put(&device, &spec, version).await {
            tracing::error!(%device, reason, "a device's settings do not work; the others go on");
        }
    }
    Ok(())
}

/// The secret in push addresses: made once, kept in the state.
async fn push_secret(port: &Port) -> anyhow::Result<[u8; 32]> {
    const KEY: &str = "push-secret";
    let kept = port.shelf(Shelf::Meta).await?.into_iter().find(|(key, _)| key == KEY);
    if let Some(secret) = kept.and_then(|(_, bytes)| bytes.try_into().ok()) {
        return Ok(secret);
    }
    let secret: [u8; 32] = random()?;
    tracing::debug!(length = to_base64(&secret).len(), "made a new push secret");
    port.shelve(Shelf::Meta, KEY.into(), Some(secret.to_vec())).await?;
    Ok(secret)
}

async fn tick(port: Port, clock: Arc<WallClock>, stop: CancellationToken) {
    use edge_kernel::Clock as _;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let drift = |clock: &WallClock| clock.now().as_millis() - i64::try_from(clock.up_ms()).unwrap_or(i64::MAX);
    let (mut last, mut state) = (drift(&clock), clock.state());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        clock.look_for_ntp();
        let (now, now_state) = (drift(&clock), clock.state());
        let jump_ms = now - last;
        if jump_ms.abs() > JUMP_MS || now_state != state {
            let changed = Fact::ClockChanged(ClockChange {
                state: now_state,
                jump_ms,
            });
            let _ = port
                .record_later(protocol::Actor::Edge, vec![Entry::from(changed)])
                .await;
        }
        (last, state) = (now, now_state);
        if port.tick().await.is_err() {
            return;
        }
    }
}

async fn follow_link(mut state: watch::Receiver<LinkState>, link: watch::Sender<Link>, port: Port) {
    loop {
        let next = match &*state.borrow_and_update() {
            LinkState::Up { .. } => Link::Up,
            LinkState::Starting | LinkState::Down => Link::Down {
                since_ms: port.clock().up_ms(),
            },
            LinkState::TurnedAway(why) => Link::TurnedAway(why.to_string()),
        };
        link.send_replace(next);
        if state.changed().await.is_err() {
            return;
        }
    }
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system gives no randomness")?;
    Ok(bytes)
}
