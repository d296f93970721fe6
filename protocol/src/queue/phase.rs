//! What a ticket is at, by name alone: a closed list, the same at the box, in the cloud and on the holder's phone.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! phases {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// What a ticket is at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum TicketPhase {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl TicketPhase {
            /// All of them.
            pub const ALL: &'static [TicketPhase] = &[$(TicketPhase::$variant),+];

            /// As stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(TicketPhase::$variant => $word,)+
                }
            }
        }
    };
}

phases! {
    /// In line.
    Waiting = "waiting",
    /// Called to a window.
    Called = "called",
    /// At a window.
    Serving = "serving",
    /// Put aside for a while.
    Held = "held",
    /// Did not come; it may come back for a while.
    NoShow = "no_show",
    /// Served.
    Done = "done",
    /// Given up.
    Cancelled = "cancelled",
    /// Not ended in time.
    Expired = "expired",
}

impl TicketPhase {
    /// Whether nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        match self {
            TicketPhase::Done | TicketPhase::Cancelled | TicketPhase::Expired => true,
            TicketPhase::Waiting
            | TicketPhase::Called
            | TicketPhase::Serving
            | TicketPhase::Held
            | TicketPhase::NoShow => false,
        }
    }
}

impl fmt::Display for TicketPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no phase of a ticket has this name")]
pub struct UnknownPhase;

impl FromStr for TicketPhase {
    type Err = UnknownPhase;
    fn from_str(text: &str) -> Result<Self, UnknownPhase> {
        let found = Self::ALL.iter().find(|phase| phase.as_str() == text);
        found.copied().ok_or(UnknownPhase)
    }
}
