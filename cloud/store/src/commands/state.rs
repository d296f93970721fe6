//! Where a command is: a closed list, as stored and shown.

/// Where a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandState {
    /// Waits for the edge.
    Queued,
    /// On its way.
    Sent,
    /// On the edge's disk.
    Accepted,
    /// On the device's wire.
    Running,
    /// Carried out.
    Ok,
    /// Tried and failed, or unanswered.
    Failed,
    /// Too late; not carried out.
    Expired,
    /// Refused; not carried out.
    Rejected,
}

impl CommandState {
    /// All of them, in the order in which a command passes through them.
    pub const ALL: [CommandState; 8] = [
        CommandState::Queued,
        CommandState::Sent,
        CommandState::Accepted,
        CommandState::Running,
        CommandState::Ok,
        CommandState::Failed,
        CommandState::Expired,
        CommandState::Rejected,
    ];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            CommandState::Queued => "queued",
            CommandState::Sent => "sent",
            CommandState::Accepted => "accepted",
            CommandState::Running => "running",
            CommandState::Ok => "ok",
            CommandState::Failed => "failed",
            CommandState::Expired => "expired",
            CommandState::Rejected => "rejected",
        }
    }

    /// Whether this is an outcome.
    pub const fn is_outcome(self) -> bool {
        match self {
            CommandState::Queued | CommandState::Sent | CommandState::Accepted | CommandState::Running => false,
            CommandState::Ok | CommandState::Failed | CommandState::Expired | CommandState::Rejected => true,
        }
    }
}

impl std::str::FromStr for CommandState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}
