//! How a device that answers is: what is wrong with it, and what of that was reported.
//!
//! A state is reported where it changes, and never twice in a row, unless a device was silent in between.

use crate::{
    driver_error::DriverError,
    reporter::{Reporter, State},
};
use protocol::text::FirmwareVersion;
use std::fmt::Debug;

/// Something that is wrong with a device that answers.
pub trait DeviceFault: Copy + Ord + Debug {
    /// A short stable word: the reason of `device.degraded`.
    fn word(&self) -> &'static str;
}

/// A fault that is nothing but its word.
impl DeviceFault for &'static str {
    fn word(&self) -> &'static str {
        self
    }
}

/// Which of several faults a state names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPrecedence {
    /// The one that began first.
    Oldest,
    /// The one that began last.
    Newest,
    /// The least in their own order.
    Order,
}

/// How a device is, in one run of its driver.
#[derive(Debug)]
pub struct DeviceCondition<F> {
    reporter: Reporter,
    precedence: FaultPrecedence,
    firmware: Option<FirmwareVersion>,
    /// Oldest first.
    faults: Vec<F>,
    reported: Option<State>,
}

impl<F: DeviceFault> DeviceCondition<F> {
    /// Nothing is wrong, and nothing was reported.
    pub fn new(reporter: &Reporter, precedence: FaultPrecedence, firmware: Option<FirmwareVersion>) -> Self {
        Self {
            reporter: reporter.clone(),
            precedence,
            firmware,
            faults: Vec::new(),
            reported: None,
        }
    }

    /// The firmware version, where it is known.
    pub fn firmware(&self) -> Option<&FirmwareVersion> {
        self.firmware.as_ref()
    }

    /// Takes a firmware version that became known.
    pub async fn identify(&mut self, firmware: FirmwareVersion) -> Result<(), DriverError> {
        self.firmware = Some(firmware);
        self.report().await
    }

    /// Reports that something is wrong, unless that is known.
    pub async fn raise(&mut self, fault: F) -> Result<(), DriverError> {
        self.replace(|known| *known == fault, Some(fault));
        self.report().await
    }

    /// Takes it back.
    pub async fn clear(&mut self, fault: F) -> Result<(), DriverError> {
        self.replace(|known| *known == fault, None);
        self.report().await
    }

    /// Notes that of the faults that `about` picks there is this one, or none. [`Self::report`] reports it.
    pub fn replace(&mut self, about: impl Fn(&F) -> bool, fault: Option<F>) {
        self.faults.retain(|known| !about(known) || Some(*known) == fault);
        if let Some(fault) = fault.filter(|fault| !self.faults.contains(fault)) {
            tracing::warn!(reason = fault.word(), "the device is not as it should be");
            self.faults.push(fault);
        }
    }

    /// Reports how the device is, where that changed.
    pub async fn report(&mut self) -> Result<(), DriverError> {
        let named = match self.precedence {
            FaultPrecedence::Oldest => self.faults.first(),
            FaultPrecedence::Newest => self.faults.last(),
            FaultPrecedence::Order => self.faults.iter().min(),
        };
        let state = match named {
            Some(fault) => degraded(*fault),
            None => State::Online {
                fw: self.firmware.clone(),
            },
        };
        if self.reported.as_ref() == Some(&state) {
            return Ok(());
        }
        self.say(state).await
    }

    /// Reports how the device is, known or not: it was silent for long.
    pub async fn report_again(&mut self) -> Result<(), DriverError> {
        self.reported = None;
        self.report().await
    }

    /// Reports what was wrong for a moment only, and how the device is after it.
    pub async fn report_passing(&mut self, fault: F) -> Result<(), DriverError> {
        tracing::warn!(reason = fault.word(), "the device is not as it should be");
        self.say(degraded(fault)).await?;
        self.report().await
    }

    async fn say(&mut self, state: State) -> Result<(), DriverError> {
        self.reported = Some(state.clone());
        self.reporter.state(state).await.map_err(DriverError::Unrecorded)
    }
}

fn degraded<F: DeviceFault>(fault: F) -> State {
    State::Degraded {
        reason: fault.word().to_owned(),
    }
}
