//! Who sent a request, as far as its route's gate could tell, and how long a form is taken from them.

use crate::{ClientNetwork, body_budget::BodySender};

/// Who asks, as far as the gate could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestSender {
    /// Nobody we know.
    Unknown(ClientNetwork),
    /// A paired screen.
    Screen(String),
    /// An administrator's session.
    Admin(String),
}

impl RequestSender {
    /// Longest form taken from them, and most fields of one: a branch's settings are long, what a stranger or a screen
    /// sends is a password or a touch.
    pub(crate) const fn form_limits(&self) -> (usize, usize) {
        match self {
            RequestSender::Unknown(_) => (4 << 10, 32),
            RequestSender::Screen(_) => (16 << 10, 64),
            RequestSender::Admin(_) => (256 << 10, 8192),
        }
    }
}

impl From<RequestSender> for BodySender {
    fn from(sender: RequestSender) -> Self {
        match sender {
            RequestSender::Unknown(network) => BodySender::Unknown(network),
            RequestSender::Screen(id) | RequestSender::Admin(id) => BodySender::Known(id),
        }
    }
}
