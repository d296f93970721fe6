//! What is wrong with a gate that answers: said when it begins, taken back when it ends.

use crate::passage::Signal;
use adapter_sdk::{DriverError, Reporter, State};
use std::collections::BTreeMap;

/// What a complaint is about; for each at most one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FaultSource {
    /// The board does not do what it is told.
    Board,
    /// An input.
    Input(Signal),
    /// A reader.
    Reader(usize),
}

/// How the gate is.
#[derive(Debug)]
pub(super) struct GateCondition<'a> {
    reporter: &'a Reporter,
    complaints: BTreeMap<FaultSource, &'static str>,
    said: Option<State>,
}

impl<'a> GateCondition<'a> {
    /// Nothing wrong, nothing said.
    pub(super) fn new(reporter: &'a Reporter) -> Self {
        Self {
            reporter,
            complaints: BTreeMap::new(),
            said: None,
        }
    }

    /// Notes what is wrong with something; `None`: nothing. [`Self::tell`] says it.
    pub(super) fn note(&mut self, complaint: FaultSource, word: Option<&'static str>) {
        match word {
            Some(reason) => {
                if self.complaints.insert(complaint, reason) != Some(reason) {
                    tracing::warn!(reason, "the gate is not as it should be");
                }
            }
            None => drop(self.complaints.remove(&complaint)),
        }
    }

    /// Says how the gate is, where that changed.
    pub(super) async fn tell(&mut self) -> Result<(), DriverError> {
        let state = match self.complaints.values().next() {
            Some(reason) => State::Degraded {
                reason: (*reason).to_owned(),
            },
            None => State::Online { fw: None },
        };
        if self.said.as_ref() == Some(&state) {
            return Ok(());
        }
        self.said = Some(state.clone());
        self.reporter.state(state).await.map_err(DriverError::Unrecorded)
    }
}
