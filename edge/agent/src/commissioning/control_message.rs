//! What is asked of a running agent and what it answers: one line of JSON each way.

use crate::unknown_callers::RememberedCaller;
use edge_kernel::DevicePresence;
use protocol::{
    DeviceId, Outcome,
    text::{DeviceAddress, DeviceKind, FirmwareVersion},
};
use serde::{Deserialize, Serialize};

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ControlQuestion {
    /// Run a device's own test.
    Test {
        /// Which device.
        device: DeviceId,
    },
    /// Who called and was never added.
    Strangers,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum ControlReply {
    /// The test was run.
    Tested(TestReport),
    /// Who called.
    Strangers {
        /// By name.
        strangers: Vec<RememberedCaller>,
    },
    /// It cannot be done.
    Refused {
        /// Why, for people.
        why: String,
    },
}

/// What is known of a device, and how its test ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TestReport {
    /// Which device.
    pub(super) device: DeviceId,
    /// What it is.
    pub(super) kind: DeviceKind,
    /// The adapter that speaks to it.
    pub(super) adapter: Option<String>,
    /// Where it is.
    pub(super) address: Option<DeviceAddress>,
    /// How it is.
    pub(super) presence: DevicePresence,
    /// Its firmware version.
    pub(super) fw: Option<FirmwareVersion>,
    /// How the test ended.
    pub(super) outcome: Outcome,
}
