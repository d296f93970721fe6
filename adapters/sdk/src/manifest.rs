//! What an adapter says of itself, and how it is started.

use crate::{context::DriverContext, driver_error::DriverError, line_spec::LineSpec, settings::SettingsError};
use protocol::command::ActionName;
use std::{future::Future, pin::Pin, time::Duration};

/// An adapter's visiting card (A82).
#[derive(Debug, Clone, Copy)]
pub struct AdapterManifest {
    /// The name of its folder, e.g. `hikvision`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// Makers whose devices it speaks to.
    pub vendors: &'static [&'static str],
    /// Version of the adapter.
    pub version: &'static str,
    /// Kinds of device it can be.
    pub kinds: &'static [&'static str],
    /// The actions it carries out ([`crate::SupportedActions::NAMES`]). The fleet refuses every other.
    pub actions: &'static [ActionName],
    /// JSON Schema of its settings.
    pub settings_schema: &'static str,
}

/// One device family. Stateless: everything a device needs lives in the [`Plan`] made from its settings.
pub trait Adapter: Send + Sync {
    /// What it says of itself.
    fn manifest(&self) -> &'static AdapterManifest;
    /// Checks one device's settings and says what line it needs.
    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError>;
}

/// One device, ready to be driven: the line it needs, and the conversation.
pub struct Plan {
    /// The line to open.
    pub wants: LineSpec,
    /// Seconds of silence after which the device counts as offline, where the driver does not know better. A driver that
    /// says nothing for three of them hangs, and is ended: one whose device has nothing to say says that it is alive.
    pub lease: Duration,
    /// The conversation; called again after each failure, with backoff.
    pub drive: DriverFn,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("wants", &self.wants)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

/// Starts one run of the conversation. It ends only with a reason to start anew.
pub type DriverFn = Box<dyn Fn(DriverContext) -> Pin<Box<dyn Future<Output = DriverError> + Send>> + Send + Sync>;
