//! What a device's log is called.
//!
//! A number is given out once per log, so a log that begins anew goes on under another name.

/// Whether this is a log of the device with that serial number.
pub(crate) fn is_log_of(serial: &str, log: &str) -> bool {
    log == serial || generation(serial, log).is_some()
}

/// What the device's log is called after it began anew.
pub(crate) fn next_log(serial: &str, log: &str) -> String {
    format!("{serial}#{}", generation(serial, log).unwrap_or(1) + 1)
}

/// `#3` of `SERIAL#3` as 3; `None` where it is no log of this device.
fn generation(serial: &str, log: &str) -> Option<u32> {
    log.strip_prefix(serial)?.strip_prefix('#')?.parse().ok()
}
