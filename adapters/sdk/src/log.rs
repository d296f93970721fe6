//! A device's own log: what it is called, how far it is on disk, and whether it is the one read before.
//!
//! A number is given out once per log, so a log that begins anew goes on under another name.

use crate::text::DeviceSerial;
use protocol::text::LogName;

/// How far into a device's own log everything is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPosition {
    /// The log ([`protocol::Origin::log`]): the device's serial number, with `#2`, `#3`… once it began anew.
    pub log: LogName,
    /// Number of the last entry taken on.
    pub number: u64,
}

impl LogPosition {
    /// Where to go on in the log of the device with this serial number: at `mark` where that belongs to this very device,
    /// else at the beginning of its first log.
    pub fn resume(serial: &DeviceSerial, mark: Option<LogPosition>) -> Self {
        let ours = |mark: &LogPosition| mark.log == *serial.as_str() || generation(serial, &mark.log).is_some();
        mark.filter(ours).unwrap_or_else(|| Self {
            log: serial.as_str().into(),
            number: 0,
        })
    }

    /// The beginning of the log that the device with this serial number keeps after this one.
    #[must_use]
    pub fn next_log(&self, serial: &DeviceSerial) -> Self {
        let generation = generation(serial, &self.log).unwrap_or(1).saturating_add(1);
        Self {
            log: format!("{serial}#{generation}").into(),
            number: 0,
        }
    }
}

/// `#3` of `SERIAL#3` as 3; `None` where it is no log of this device, or its first.
fn generation(serial: &DeviceSerial, log: &LogName) -> Option<u64> {
    log.as_str()
        .strip_prefix(serial.as_str())?
        .strip_prefix('#')?
        .parse()
        .ok()
}

/// What looking at a device's log brought to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogContinuity {
    /// The log goes on where it was.
    SameLog,
    /// The log began anew.
    NewLog,
}

/// Whether an entry of a log happens now, or is read afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayState {
    /// It happens now.
    Live,
    /// It is played back, and triggers nothing any more ([`crate::ObservedFact::replay`]).
    Replayed,
}
