//! A device's settings, checked, and the device on the roster by them: before anybody listens to it, and before it is driven.

use crate::{access, settings::DeviceSpec};
use edge_devices::{Config, DeviceDemands, Fleet};
use edge_kernel::Port;
use protocol::{DeviceId, access::GateKeys, fact::DeviceIdentity, text::DeviceAddress};

/// Settings that work.
pub(crate) struct CheckedDevice {
    /// How it is driven; none: it speaks MQTT or HTTP to this box.
    pub(crate) driven: Option<Config>,
    /// What its adapter asks for.
    pub(crate) demands: Option<DeviceDemands>,
    keys: GateKeys,
    identity: DeviceIdentity,
}

impl CheckedDevice {
    /// Checks a device's settings; says what is wrong with them.
    pub(crate) fn of(fleet: &Fleet, device: &DeviceId, spec: &DeviceSpec) -> Result<Self, String> {
        let driven = spec.adapter.clone().map(|adapter| Config {
            device: device.clone(),
            adapter,
            settings: spec.settings.clone(),
        });
        let demands = driven.as_ref().map(|config| fleet.check(config)).transpose();
        let demands = demands.map_err(|error| chain(&error))?;
        let keys = GateKeys::parse(&spec.settings).map_err(|error| error.to_string())?;
        let host = spec.settings.get("host").and_then(|host| host.as_str());
        let identity = DeviceIdentity {
            device: device.clone(),
            kind: spec.kind.clone(),
            adapter: spec.adapter.clone(),
            address: host.map(DeviceAddress::from),
        };
        Ok(Self {
            driven,
            demands,
            keys,
            identity,
        })
    }

    /// Puts it on the roster, with its keys. Doing it again changes nothing.
    pub(crate) async fn enlist(&self, port: &Port) -> Result<(), String> {
        let lease = self.demands.as_ref().map(|demands| demands.lease);
        let lease_ms = lease.and_then(|lease| u64::try_from(lease.as_millis()).ok());
        let enlisted = port.enlist(self.identity.clone(), lease_ms).await;
        enlisted.map_err(|refusal| refusal.to_string())?;
        let configured = access::configure(port, self.identity.device.clone(), self.keys.clone()).await;
        configured.map_err(|refusal| refusal.to_string())
    }
}

/// An error with its causes, for a document's outcome.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
