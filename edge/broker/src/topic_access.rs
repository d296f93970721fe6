//! Which topics one device may publish to and subscribe to. Everything else is refused.
//!
//! A device publishes its own leaf leaves and `own/…`; it subscribes below its own name and below `site/`.

use protocol::{
    DeviceId,
    topic::{Leaf, MAX_LEN, ROOT},
};

/// A device's part of the topic tree.
#[derive(Debug, Clone)]
pub(crate) struct TopicAccess {
    prefix: String,
}

/// A topic this device may publish to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublishTopic {
    /// A fact for the facts lane.
    Fact,
    /// A fact for the telemetry lane.
    Telemetry,
    /// The settings it runs with.
    Reported,
    /// How a command ended.
    Outcome,
    /// A sign of life.
    Alive,
    /// Its own business.
    Own,
}

/// Why a filter is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilterError {
    /// Not a filter at all.
    Invalid,
    /// `$share/…`: a shared subscription, which is not offered.
    Shared,
    /// Not this device's to hear.
    Foreign,
    /// More filters than a session may have.
    TooMany,
}

impl TopicAccess {
    pub(crate) fn of(device: &DeviceId) -> Self {
        Self {
            prefix: format!("{ROOT}/{device}/"),
        }
    }

    /// What publishing to `topic` means for this device; `None`: not allowed.
    pub(crate) fn publish(&self, topic: &str) -> Option<PublishTopic> {
        let leaf = topic.strip_prefix(&self.prefix)?;
        match leaf {
            "fact" => Some(PublishTopic::Fact),
            "telemetry" => Some(PublishTopic::Telemetry),
            "reported" => Some(PublishTopic::Reported),
            "outcome" => Some(PublishTopic::Outcome),
            "alive" => Some(PublishTopic::Alive),
            own => {
                let tail = own.strip_prefix("own/")?;
                let fits = !tail.is_empty() && topic.len() <= MAX_LEN && !tail.contains(['+', '#', '\0']);
                fits.then_some(PublishTopic::Own)
            }
        }
    }

    /// Whether this device may subscribe to `filter`.
    pub(crate) fn subscribe(&self, filter: &str) -> Result<(), FilterError> {
        if filter.starts_with("$share/") {
            return Err(FilterError::Shared);
        }
        if !rumqttc::valid_filter(filter) || filter.len() > MAX_LEN || filter.contains('\0') {
            return Err(FilterError::Invalid);
        }
        let site = filter.strip_prefix(ROOT).is_some_and(|tail| tail.starts_with("/site/"));
        if site || filter.starts_with(&self.prefix) {
            Ok(())
        } else {
            Err(FilterError::Foreign)
        }
    }

    /// The topic of one leaf.
    pub(crate) fn topic(&self, leaf: Leaf) -> String {
        format!("{}{}", self.prefix, leaf.as_str())
    }
}
