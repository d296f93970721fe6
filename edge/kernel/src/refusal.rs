//! Why the kernel does not take something on. Whoever asked is told; nothing is half done.

use protocol::{DeviceId, Lane};
use std::time::Duration;

/// Why something was not taken on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lane's disk budget is used up, or the disk is.
    #[error("the {lane} lane is full: {detail}")]
    Full {
        /// Which lane.
        lane: Lane,
        /// Figures, for people.
        detail: String,
    },
    /// The device has had more recorded than its share.
    #[error("{device} has used up its share; there is more in {} s", retry_after.as_secs())]
    Quota {
        /// Who.
        device: DeviceId,
        /// When there is something again.
        retry_after: Duration,
    },
    /// No such device on the roster.
    #[error("there is no device {0} on the roster")]
    UnknownDevice(DeviceId),
    /// A device spoke for another, or said what only the edge may say.
    #[error("{device} may not report {name} here")]
    NotYours {
        /// Who spoke.
        device: DeviceId,
        /// Name of the fact.
        name: &'static str,
    },
    /// A record would be longer than the protocol allows.
    #[error("a record of {len} bytes is too long")]
    TooLong {
        /// Bytes.
        len: usize,
    },
    /// Not signed by the cloud, not for this edge, or older than what is in force.
    #[error("not believed: {0}")]
    Untrusted(String),
    /// It could not be decided in time.
    #[error("it is too late")]
    TooLate,
    /// Too much waits already.
    #[error("too much waits already")]
    Busy,
    /// The disk failed; the edge restarts.
    #[error("the disk failed: {0}")]
    Storage(String),
    /// The edge is stopping.
    #[error("the edge is stopping")]
    Stopping,
}
