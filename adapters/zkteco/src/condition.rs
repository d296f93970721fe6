//! What is wrong with a device that answers: said when it begins, taken back when it ends.

use adapter_sdk::{DriverError, Reporter, State};

/// Complaints there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TerminalFault {
    /// Its clock is off.
    ClockDrift,
    /// Somebody of its people cannot be written to it.
    PeopleRefused,
    /// It tells rows that cannot be read.
    UnreadableRows,
}

/// How the device is.
#[derive(Debug)]
pub(crate) struct ZkCondition<'a> {
    reporter: &'a Reporter,
    firmware: Option<String>,
    complaints: Vec<TerminalFault>,
}

impl TerminalFault {
    const fn word(self) -> &'static str {
        match self {
            TerminalFault::ClockDrift => "clock_drift",
            TerminalFault::PeopleRefused => "people_refused",
            TerminalFault::UnreadableRows => "unreadable_rows",
        }
    }
}

impl<'a> ZkCondition<'a> {
    /// Nothing wrong.
    pub(crate) fn new(reporter: &'a Reporter, firmware: Option<String>) -> Self {
        Self {
            reporter,
            firmware,
            complaints: Vec::new(),
        }
    }

    /// Takes a firmware version that became known.
    pub(crate) async fn learn(&mut self, firmware: String) -> Result<(), DriverError> {
        if self.firmware.as_ref() == Some(&firmware) {
            return Ok(());
        }
        self.firmware = Some(firmware);
        self.tell().await
    }

    /// The firmware version, where it is known.
    pub(crate) fn firmware(&self) -> Option<&str> {
        self.firmware.as_deref()
    }

    /// Says that something is wrong, unless that is known.
    pub(crate) async fn raise(&mut self, complaint: TerminalFault) -> Result<(), DriverError> {
        if self.complaints.contains(&complaint) {
            return Ok(());
        }
        tracing::warn!(reason = complaint.word(), "the device is not as it should be");
        self.complaints.push(complaint);
        self.tell().await
    }

    /// Takes it back.
    pub(crate) async fn clear(&mut self, complaint: TerminalFault) -> Result<(), DriverError> {
        if !self.complaints.contains(&complaint) {
            return Ok(());
        }
        self.complaints.retain(|known| *known != complaint);
        self.tell().await
    }

    /// A log that began anew is told once; it is no lasting complaint.
    pub(crate) async fn log_began_anew(&mut self) -> Result<(), DriverError> {
        self.say(State::Degraded {
            reason: "log_reset".to_owned(),
        })
        .await?;
        self.tell().await
    }

    /// Says how it is.
    pub(crate) async fn tell(&self) -> Result<(), DriverError> {
        self.say(match self.complaints.first() {
            Some(complaint) => State::Degraded {
                reason: complaint.word().to_owned(),
            },
            None => State::Online {
                fw: self.firmware.clone(),
            },
        })
        .await
    }

    async fn say(&self, state: State) -> Result<(), DriverError> {
        self.reporter.state(state).await.map_err(DriverError::Unrecorded)
    }
}
