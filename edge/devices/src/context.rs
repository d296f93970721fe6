//! What the fleet works with, and what it says.
//!
//! The fleet knows its surroundings by these only: it never learns of the kernel.

use adapter_sdk::{Adapter, Clock, DriverReport, LogPosition, PushUrl};
use protocol::DeviceId;
use rustls::RootCertStore;
use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How far into a device's own log everything is on disk.
pub type MarkLookup = Arc<dyn Fn(DeviceId) -> Pin<Box<dyn Future<Output = Option<LogPosition>> + Send>> + Send + Sync>;

/// The URL a device may push to.
pub type PushUrlLookup = Arc<dyn Fn(&DeviceId) -> Option<PushUrl> + Send + Sync>;

/// What the fleet works with.
#[derive(Clone)]
pub struct FleetContext {
    /// The adapters of this build.
    pub catalog: Vec<&'static dyn Adapter>,
    /// The edge's clock.
    pub clock: Arc<dyn Clock>,
    /// Roots for devices with certificates by an authority.
    pub roots: Arc<RootCertStore>,
    /// Where everything that happens goes.
    pub happened: mpsc::Sender<DriverEvent>,
    /// Where a new run begins to read a device's own log.
    pub resume: MarkLookup,
    /// The URL a device may push to; none without a LAN port.
    pub push_url: PushUrlLookup,
    /// Spreads retries.
    pub seed: u64,
}

impl fmt::Debug for FleetContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetContext")
            .field("adapters", &self.catalog.len())
            .finish_non_exhaustive()
    }
}

/// Something happened with a device.
#[derive(Debug)]
pub enum DriverEvent {
    /// Its driver says something.
    DriverReport(DeviceId, DriverReport),
    /// Its conversation ended; another begins after `wait`.
    Down {
        /// Which device.
        device: DeviceId,
        /// Why, as a short stable word.
        reason: &'static str,
        /// Until another attempt.
        wait: Duration,
    },
}
