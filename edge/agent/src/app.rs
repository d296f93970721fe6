//! Wiring: every part of the edge started in order, joined, and ended in the other order.

mod background;
mod device_setup;
mod start;

pub(crate) use device_setup::{document, push_base};

use crate::{
    VERSION,
    areas::AREAS,
    branch,
    catalog::CALLS,
    clock::WallClock,
    commissioning::control,
    device_auth::TokenAuth,
    devices::{DeviceInputs, Devices},
    export::Exporter,
    offline::private_dir,
    publisher::{self, PUBLICATIONS},
    seal,
    settings::Settings,
    unknown_callers, watchdog,
};
use anyhow::{Context as _, bail};
use edge_announce::Displays;
use edge_broker::Broker;
use edge_devices::Fleet;
use edge_journal::JournalError;
use edge_kernel::{Effects, KernelHandle, Port};
use edge_lan::{CallSettings, CloudLink, DeviceCall, KnownCallers, LanPort, LanSettings};
use edge_seal::SealingKey;
use edge_uplink::{EdgeIdentity, Uplink};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

/// Things drivers may have said that nobody took yet.
const DRIVER_EVENTS: usize = 1024;

/// Questions of people at the box on their way to devices.
const INQUIRIES: usize = 4;
/// Calls of devices on their way to their drivers.
const DEVICE_CALLS: usize = 16;

/// How long the parts may take to end, well within systemd's patience; then they are cut off, and the journal closed.
const ENDING: Duration = Duration::from_secs(5);

/// Works until told to stop.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = CancellationToken::new();
    let clock = Arc::new(WallClock::new(settings.zone.clone(), settings.clock));
    private_dir(&settings.state_dir)?;
    let seal = seal::key_or_warning(&settings)?;
    let (started, identity) = start::kernel(&settings, seal.clone(), &clock)?;
    let KernelHandle { port, effects, thread } = started;
    let mut kernel = tokio::task::spawn_blocking(move || thread.join());
    // Time must pass before anything waits for a checkpoint.
    tokio::spawn(background::time(port.clone(), clock.clone(), stop.child_token()));
    let parts = start_parts(&settings, (identity, seal), &port, effects, &clock, &stop).await?;
    // Before anybody may take it for ready: whoever ends it then ends it in good order.
    let told = StopSignals::listen().context("signals cannot be listened for")?;
    crate::say("ready");
    tokio::spawn(watchdog::run(port.clone(), stop.child_token()));

    tokio::select! {
        () = told.received() => {}
        ended = &mut kernel => {
            stop.cancel();
            kernel_result(ended)?;
            bail!("the kernel ended by itself");
        }
    }
    tracing::info!("stopping");
    stop.cancel();
    match tokio::time::timeout(ENDING, parts.ended()).await {
        Ok(ended) => ended?,
        Err(_) => tracing::error!("a part does not end and is cut off"),
    }
    port.stop().await;
    kernel_result(kernel.await)
}

/// How the kernel's thread ended.
fn kernel_result(
    ended: Result<std::thread::Result<Result<(), JournalError>>, tokio::task::JoinError>,
) -> anyhow::Result<()> {
    let ended = ended.context("the kernel's thread cannot be joined")?;
    let ended = ended.map_err(|_| anyhow::anyhow!("the kernel panicked"))?;
    ended.context("the journal failed")
}

/// What must be ended in order.
struct AgentParts {
    devices: tokio::task::JoinHandle<(Fleet, Broker, Option<Uplink>)>,
    lan: LanPort,
}

impl AgentParts {
    async fn ended(self) -> anyhow::Result<()> {
        let (fleet, broker, uplink) = self.devices.await.context("the devices' wiring failed")?;
        fleet.stop().await;
        broker.stopped().await;
        self.lan.ended().await;
        if let Some(uplink) = uplink {
            uplink.ended().await;
        }
        Ok(())
    }
}

async fn start_parts(
    settings: &Settings,
    (identity, seal): (Option<EdgeIdentity>, Option<SealingKey>),
    port: &Port,
    effects: Effects,
    clock: &Arc<WallClock>,
    stop: &CancellationToken,
) -> anyhow::Result<AgentParts> {
    branch::read(port).await?;
    let secret = device_setup::push_secret(port).await?;
    let site = device_setup::SiteDevices::read(settings, port).await?;
    let (happened_in, happened) = mpsc::channel(DRIVER_EVENTS);
    let base = Arc::new(OnceLock::new());
    let given = device_setup::given(port, clock, happened_in, Arc::clone(&base), secret)?;
    let fleet = Fleet::new(given);
    let callers = site.enlist(&fleet, port).await?;
    let (credentials, credentials_out) = watch::channel(Arc::new(site.credentials()));
    let broker = start::broker(&settings.mqtt, &settings.limits, credentials_out.clone(), port, stop).await?;
    let vitals = start::vitals(settings, port, stop);
    let uplink = start::uplink(settings, identity, port, clock, vitals, stop)?;
    let (link_in, link) = watch::channel(CloudLink::Alone);
    if let Some(uplink) = &uplink {
        tokio::spawn(background::link(uplink.state(), link_in, port.clone()));
    }
    let (calls, callers, called) = device_calls(port, callers, stop);
    let lan = LanSettings {
        calls,
        listen: settings.lan.listen,
        device_auth: Arc::new(TokenAuth::new(credentials_out, secret)),
        link,
        version: VERSION.into(),
        names: settings.lan.host_names(),
        proxies: settings.lan.proxies(),
        state: settings.state_dir.clone(),
    };
    let (lan, pushed) = LanPort::start(lan, port.clone(), AREAS, stop.child_token()).await?;
    crate::say(&format!("listening lan {}", lan.address()));

    // Nobody has set it before.
    let _ = base.set(push_base(&settings.lan, lan.address()));
    let (publisher, publications) = mpsc::channel(PUBLICATIONS);
    tokio::spawn(publisher::run(publications, broker.clone(), port.clone()));
    let mut devices = Devices {
        port: port.clone(),
        fleet,
        broker,
        displays: Displays::of(lan.state(), stop.child_token()),
        uplink,
        exporter: Exporter::new(settings.identity(), seal, &settings.state_dir),
        credentials,
        callers,
        publisher,
        down: BTreeMap::new(),
    };
    site.configure(&mut devices).await;
    let (inquiries_in, inquiries) = mpsc::channel(INQUIRIES);
    control::serve(settings.control(), port.clone(), inquiries_in, stop.child_token())?;
    let heard = DeviceInputs {
        effects,
        driver_events: happened,
        pushed,
        called,
        inquiries,
    };
    let devices = tokio::spawn(devices.run(heard, stop.clone()));
    Ok(AgentParts { devices, lan })
}

/// What the LAN port needs for devices that call; who may, and what they call for.
fn device_calls(
    port: &Port,
    callers: KnownCallers,
    stop: &CancellationToken,
) -> (
    CallSettings,
    watch::Sender<Arc<KnownCallers>>,
    mpsc::Receiver<DeviceCall>,
) {
    let (callers, known) = watch::channel(Arc::new(callers));
    let (called_in, called) = mpsc::channel(DEVICE_CALLS);
    let (unknown_in, unknown) = mpsc::channel(unknown_callers::WAITING);
    tokio::spawn(unknown_callers::run(unknown, port.clone(), stop.child_token()));
    let calls = CallSettings {
        routes: CALLS.iter().map(|calls| calls.route).collect(),
        known,
        calls: called_in,
        unknown: unknown_in,
    };
    (calls, callers, called)
}

/// SIGTERM and SIGINT, from when on they are listened for.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
