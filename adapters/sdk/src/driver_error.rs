//! Why a conversation with a device ended.
//!
//! The words are stable: they stand in events, and rules of sites look for them.

use protocol::Reason;
use std::time::Duration;

/// Why a conversation ended. The word in each is what `device.offline` gives as its reason.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// No connection, or it broke.
    #[error("cannot talk to the device: {doing}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// What went wrong below.
        #[source]
        source: crate::http::HttpError,
    },
    /// No bytes come or go.
    #[error("cannot talk to the device: {doing}")]
    Lost {
        /// What was being done.
        doing: &'static str,
        /// What went wrong below.
        #[source]
        source: crate::socket::SocketError,
    },
    /// It does not believe us. Not tried again before the settings change or the wait is over.
    #[error("the device refuses our name or password")]
    WrongPassword {
        /// How long to leave it in peace.
        wait: Duration,
    },
    /// It locked us out.
    #[error("the device has locked us out for {} s", wait.as_secs())]
    LockedOut {
        /// How long.
        wait: Duration,
    },
    /// It is on the line and says nothing, or its driver does not come to an end.
    #[error("the device or its driver hangs: {0}")]
    Silent(&'static str),
    /// It answers with something that is not its protocol.
    #[error("the device does not answer as it should: {0}")]
    Protocol(String),
    /// Nobody can take what we see any more: the edge is stopping, or refuses new facts.
    #[error("what the device reports cannot be taken on")]
    Unrecorded(#[source] crate::reporter::ReportError),
}

impl DriverError {
    /// The short stable word for `device.offline`.
    pub const fn word(&self) -> &'static str {
        match self {
            DriverError::Unreachable { .. } | DriverError::Lost { .. } => "unreachable",
            DriverError::WrongPassword { .. } => "wrong_password",
            DriverError::LockedOut { .. } => "locked_out",
            DriverError::Silent(_) => "silent",
            DriverError::Protocol(_) => "protocol",
            DriverError::Unrecorded(_) => "refused",
        }
    }
    /// The same for a command that the conversation's end interrupts.
    pub const fn reason(&self) -> Reason {
        match self {
            DriverError::Unreachable { .. } | DriverError::Lost { .. } => Reason::Offline,
            DriverError::WrongPassword { .. } | DriverError::LockedOut { .. } => Reason::NotAuthorised,
            DriverError::Silent(_) => Reason::TimedOut,
            DriverError::Protocol(_) => Reason::Hardware,
            DriverError::Unrecorded(_) => Reason::Interrupted,
        }
    }
    /// The least time to wait before the next run; `None`: the supervisor's backoff decides.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            DriverError::WrongPassword { wait } | DriverError::LockedOut { wait } => Some(*wait),
            DriverError::Unreachable { .. }
            | DriverError::Lost { .. }
            | DriverError::Silent(_)
            | DriverError::Protocol(_)
            | DriverError::Unrecorded(_) => None,
        }
    }
}
