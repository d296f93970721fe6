//! What is wrong with a device that answers: said when it begins, taken back when it ends.

use adapter_sdk::{DriverError, Outlet, State};

/// Complaints there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Complaint {
    /// Its clock is off.
    ClockDrift,
    /// Somebody of its people cannot be written to it.
    PeopleRefused,
}

/// How the device is.
#[derive(Debug)]
pub(super) struct Condition<'a> {
    outlet: &'a Outlet,
    firmware: Option<String>,
    complaints: Vec<Complaint>,
}

impl Complaint {
    const fn word(self) -> &'static str {
        match self {
            Complaint::ClockDrift => "clock_drift",
            Complaint::PeopleRefused => "people_refused",
        }
    }
}

impl<'a> Condition<'a> {
    /// Nothing wrong.
    pub(super) fn new(outlet: &'a Outlet, firmware: Option<String>) -> Self {
        Self {
            outlet,
            firmware,
            complaints: Vec::new(),
        }
    }

    /// Says that something is wrong, unless that is known.
    pub(super) async fn raise(&mut self, complaint: Complaint) -> Result<(), DriverError> {
        if self.complaints.contains(&complaint) {
            return Ok(());
        }
        tracing::warn!(reason = complaint.word(), "the device is not as it should be");
        self.complaints.push(complaint);
        self.tell().await
    }

    /// Takes it back.
    pub(super) async fn clear(&mut self, complaint: Complaint) -> Result<(), DriverError> {
        if !self.complaints.contains(&complaint) {
            return Ok(());
        }
        self.complaints.retain(|known| *known != complaint);
        self.tell().await
    }

    /// A log that began anew is told once; it is no lasting complaint.
    pub(super) async fn log_began_anew(&mut self) -> Result<(), DriverError> {
        self.say(State::Degraded {
            reason: "log_reset".to_owned(),
        })
        .await?;
        self.tell().await
    }

    /// Says how it is.
    pub(super) async fn tell(&self) -> Result<(), DriverError> {
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
        self.outlet.state(state).await.map_err(DriverError::Outlet)
    }
}
