//! What every page of the LAN port may look at.

use crate::{
    Area, CallSettings, ClientNetwork, CloudLink, DeviceAuth, DevicePush, HostNames, LanPart, LanProxies, LanSettings,
    RefusalLog, SettingsTab,
    area::{DEVICES, SCREENS},
    body_budget::BodyBudget,
    pairing::{Pairing, ScreenKind},
    rate::{RateAllowance, RateLimiter},
    secret::SecretHasher,
    session::AdminSessions,
};
use edge_kernel::Port;
use protocol::text::AgentVersion;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, watch};

/// Pushes in memory at once, and the room for them on their way to the drivers.
pub(crate) const PUSHES: usize = 8;
/// Calls in memory at once.
const CALLS: usize = 16;

/// See the module. A handle: clones are the same.
#[derive(Clone)]
pub struct LanState(Arc<LanStateInner>);

pub(crate) struct LanStateInner {
    pub(crate) port: Port,
    pub(crate) areas: &'static [Area],
    pub(crate) tabs: Vec<SettingsTab>,
    pub(crate) device_auth: Arc<dyn DeviceAuth>,
    pub(crate) pushes: mpsc::Sender<DevicePush>,
    pub(crate) push_turns: Semaphore,
    pub(crate) calls: CallSettings,
    pub(crate) call_turns: Semaphore,
    pub(crate) refusals: RefusalLog,
    pub(crate) link: watch::Receiver<CloudLink>,
    pub(crate) version: AgentVersion,
    pub(crate) pairing: Pairing,
    pub(crate) passwords: SecretHasher,
    pub(crate) sessions: AdminSessions,
    pub(crate) folder: PathBuf,
    pub(crate) names: HostNames,
    pub(crate) proxies: LanProxies,
    pub(crate) bodies: BodyBudget,
    pub(crate) rates: ClientRates,
    parts: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

/// How often callers who are not known may ask, by network: a hall's phones are one network to the box.
pub(crate) struct ClientRates {
    /// Pages and what they load.
    pub(crate) looks: RateLimiter<ClientNetwork>,
    /// Forms.
    pub(crate) forms: RateLimiter<ClientNetwork>,
}

impl Default for ClientRates {
    fn default() -> Self {
        Self {
            looks: RateLimiter::new(RateAllowance {
                burst: 1200,
                refill: Duration::from_millis(25),
            }),
            forms: RateLimiter::new(RateAllowance {
                burst: 120,
                refill: Duration::from_millis(500),
            }),
        }
    }
}

impl LanState {
    /// The state of a port with these areas. What devices push goes to `pushes`.
    pub fn new(settings: LanSettings, port: Port, areas: &'static [Area], pushes: mpsc::Sender<DevicePush>) -> Self {
        let kinds: Vec<&'static ScreenKind> = areas.iter().flat_map(|area| area.screens).copied().collect();
        let own = [DEVICES, SCREENS];
        let mut tabs: Vec<SettingsTab> = areas
            .iter()
            .flat_map(|area| area.settings)
            .copied()
            .chain(own)
            .collect();
        tabs.sort_by_key(|tab| tab.position);
        Self(Arc::new(LanStateInner {
            refusals: RefusalLog::new(port.clone()),
            pairing: Pairing::new(port.clone(), kinds),
            passwords: SecretHasher::new(),
            sessions: AdminSessions::default(),
            folder: settings.state,
            names: settings.names,
            proxies: settings.proxies,
            port,
            areas,
            tabs,
            device_auth: settings.device_auth,
            pushes,
            push_turns: Semaphore::new(PUSHES),
            calls: settings.calls,
            call_turns: Semaphore::new(CALLS),
            link: settings.link,
            version: settings.version,
            bodies: BodyBudget::default(),
            rates: ClientRates::default(),
            parts: Mutex::default(),
        }))
    }

    pub(crate) fn inner(&self) -> &LanStateInner {
        &self.0
    }

    /// The way into the kernel.
    pub fn port(&self) -> &Port {
        &self.0.port
    }

    /// Hashes and checks passwords and PINs.
    pub fn passwords(&self) -> &SecretHasher {
        &self.0.passwords
    }

    /// The paired screens.
    pub fn pairing(&self) -> &Pairing {
        &self.0.pairing
    }

    /// What an auditor is told of the port.
    pub fn refusals(&self) -> &RefusalLog {
        &self.0.refusals
    }

    /// How the link to the cloud is.
    pub fn link(&self) -> &watch::Receiver<CloudLink> {
        &self.0.link
    }

    /// Folder of the edge's own state: what an area keeps in files lies below it.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The one `T` of this port, which is made with the first question.
    pub fn part<T: LanPart>(&self) -> Arc<T> {
        if let Some(part) = self.known::<T>() {
            return part;
        }
        // Made outside the lock: a part may ask for another one.
        let made: Arc<T> = Arc::new(T::new(self));
        let mut parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = parts.entry(TypeId::of::<T>()).or_insert_with(|| Arc::clone(&made) as _);
        Arc::clone(known).downcast().unwrap_or(made)
    }

    fn known<T: LanPart>(&self) -> Option<Arc<T>> {
        let parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(parts.get(&TypeId::of::<T>())?).downcast().ok()
    }
}

impl fmt::Debug for LanState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanState")
            .field("areas", &self.0.areas)
            .finish_non_exhaustive()
    }
}
