//! How a request to the cloud can end other than well.
//!
//! Only what the cloud put into the title of its problem+json is repeated, cut short; never a body.

use serde::Deserialize;

/// Why a request had no success.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer, or half of one: it may or may not have been acted upon.
    #[error("cannot {doing}: no answer")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// What went wrong, without the address.
        #[source]
        source: Box<reqwest::Error>,
    },
    /// The cloud turns this edge away.
    #[error("the cloud turns this edge away: {0}")]
    Refused(EdgeRefusal),
    /// The join counter is no longer the current one: somebody joined since. Joining tells whether it was a copy.
    #[error("the cloud wants this edge to join again")]
    Rejoin,
    /// The clocks differ even after the cloud's time was learnt.
    #[error("the cloud's clock and this one differ too much for a signature")]
    ClockSkew,
    /// Any other answer than success.
    #[error("cannot {doing}: the cloud answered {status} {title}")]
    Status {
        /// What was being done.
        doing: &'static str,
        /// HTTP status.
        status: u16,
        /// Title of the problem, for people; may be empty.
        title: String,
    },
    /// A success that says something else than it should.
    #[error("cannot {doing}: the cloud's answer cannot be read")]
    Answer {
        /// What was being done.
        doing: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An answer without end.
    #[error("cannot {doing}: the cloud's answer is too long")]
    TooLong {
        /// What was being done.
        doing: &'static str,
    },
}

impl CallError {
    pub(crate) fn unreachable(doing: &'static str, source: reqwest::Error) -> Self {
        Self::Unreachable {
            doing,
            source: Box::new(source.without_url()),
        }
    }

    /// Whether the answer took too long.
    pub(crate) fn is_timeout(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => source.is_timeout(),
            Self::Refused(_)
            | Self::Rejoin
            | Self::ClockSkew
            | Self::Status { .. }
            | Self::Answer { .. }
            | Self::TooLong { .. } => false,
        }
    }

    /// What the cloud has against the request itself: sending it again unchanged will not help.
    pub(crate) fn refused_status(&self) -> Option<u16> {
        match self {
            Self::Status {
                status: 401 | 404 | 408 | 425 | 429,
                ..
            } => None,
            Self::Status { status, .. } => (400..500).contains(status).then_some(*status),
            Self::Unreachable { .. }
            | Self::Refused(_)
            | Self::Rejoin
            | Self::ClockSkew
            | Self::Answer { .. }
            | Self::TooLong { .. } => None,
        }
    }
}

/// Why an edge is turned away altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeRefusal {
    /// Two copies of its SD card were seen: both stand still until somebody decides.
    Quarantined,
    /// Somebody took it out of service.
    Revoked,
}

impl EdgeRefusal {
    /// From [`protocol::control::FromCloud::EdgeRefusal`]; a reason that nobody here knows is treated as the milder one.
    pub(crate) fn from_reason(reason: &str) -> Self {
        if reason == "revoked" {
            EdgeRefusal::Revoked
        } else {
            EdgeRefusal::Quarantined
        }
    }
}

impl std::fmt::Display for EdgeRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            EdgeRefusal::Quarantined => "quarantined",
            EdgeRefusal::Revoked => "revoked",
        })
    }
}

/// The part of problem+json (RFC 9457) that is looked at.
#[derive(Default, Deserialize)]
pub(crate) struct CloudProblem {
    #[serde(rename = "type", default)]
    pub(crate) urn: String,
    #[serde(default)]
    title: String,
}

impl CloudProblem {
    pub(crate) fn title(&self) -> String {
        self.title.chars().filter(|c| !c.is_control()).take(120).collect()
    }
}
