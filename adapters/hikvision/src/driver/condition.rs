//! What is wrong with a device that answers: said when it begins, taken back when it ends.

use adapter_sdk::{DriverError, Reporter, State};

/// The complaints there are, oldest first.
#[derive(Debug)]
pub(super) struct HikCondition<'a> {
    reporter: &'a Reporter,
    firmware: Option<String>,
    complaints: Vec<&'static str>,
}

impl<'a> HikCondition<'a> {
    /// Nothing wrong.
    pub(super) fn new(reporter: &'a Reporter, firmware: Option<String>) -> Self {
        Self {
            reporter,
            firmware,
            complaints: Vec::new(),
        }
    }

    /// Says that something is wrong, unless that is known.
    pub(super) async fn raise(&mut self, reason: &'static str) -> Result<(), DriverError> {
        if self.complaints.contains(&reason) {
            return Ok(());
        }
        tracing::warn!(reason, "the device does not answer as it should");
        self.complaints.push(reason);
        self.tell(State::Degraded {
            reason: reason.to_owned(),
        })
        .await
    }

    /// Takes it back.
    pub(super) async fn clear(&mut self, reason: &'static str) -> Result<(), DriverError> {
        if !self.complaints.contains(&reason) {
            return Ok(());
        }
        self.complaints.retain(|known| *known != reason);
        let state = match self.complaints.first() {
            Some(other) => State::Degraded {
                reason: (*other).to_owned(),
            },
            None => State::Online {
                fw: self.firmware.clone(),
            },
        };
        self.tell(state).await
    }

    /// Renews the lease.
    pub(super) async fn alive(&self) -> Result<(), DriverError> {
        self.reporter.alive().await.map_err(DriverError::Unrecorded)
    }

    async fn tell(&self, state: State) -> Result<(), DriverError> {
        self.reporter.state(state).await.map_err(DriverError::Unrecorded)
    }
}
