//! What a terminal carries out, whichever way it speaks; nothing else reaches a driver.

use protocol::fact::Door;

adapter_sdk::supported_actions! {
    /// What a terminal is asked, whichever way it speaks.
    pub(crate) enum ZkAction {
        AccessOpen { door: Door },
        DeviceReboot {},
        DeviceTimeSync {},
        DeviceTest {},
    }
}
