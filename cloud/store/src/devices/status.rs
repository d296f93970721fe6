//! What an edge says of a device: a closed list, as stored and shown.

/// What a device's edge last said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Found, not configured.
    Discovered,
    /// On the roster; not heard of yet.
    Paired,
    /// Can be talked to.
    Online,
    /// Cannot be talked to.
    Offline,
    /// Answers, but not as it should.
    Degraded,
    /// Taken off the roster.
    Retired,
}

impl DeviceStatus {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceStatus::Discovered => "discovered",
            DeviceStatus::Paired => "paired",
            DeviceStatus::Online => "online",
            DeviceStatus::Offline => "offline",
            DeviceStatus::Degraded => "degraded",
            DeviceStatus::Retired => "retired",
        }
    }
}

impl std::str::FromStr for DeviceStatus {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            Self::Discovered,
            Self::Paired,
            Self::Online,
            Self::Offline,
            Self::Degraded,
            Self::Retired,
        ];
        all.into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}
