//! Ids: each kind of thing has a type of its own, parsed once at the border.
//!
//! An id in memory is always well formed; nothing deeper in the code checks it again.

use crate::text::label;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;
use std::{fmt, marker::PhantomData, str::FromStr};
use uuid::Uuid;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not `[a-z0-9]` followed by up to 62 of `[a-z0-9-]`.
    #[error("{kind} id {text:?} is not 1 to 63 of a-z, 0-9 and '-', starting with a letter or digit")]
    Slug {
        /// What the id would name.
        kind: &'static str,
        /// The first 64 characters of what was given.
        text: String,
    },
    /// Not a UUID.
    #[error("{kind} id {text:?} is not a UUID")]
    Uuid {
        /// What the id would name.
        kind: &'static str,
        /// The first 64 characters of what was given.
        text: String,
    },
    /// Not `kind/name` with a known kind.
    #[error("document id {text:?} is not kind/name, e.g. device/lobby-gate-1")]
    Document {
        /// The first 64 characters of what was given.
        text: String,
    },
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

fn is_slug(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    first && text.len() <= 63 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Parses a text where it stands.
struct ParseVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err = IdError>> de::Visitor<'_> for ParseVisitor<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                if is_slug(text) {
                    Ok(Self(SmolStr::new(text)))
                } else {
                    Err(IdError::Slug { kind: $kind, text: shortened(text) })
                }
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(ParseVisitor(PhantomData))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A UUIDv7 of this moment and 80 bits of the caller's randomness (RFC 9562 §5.7).
            pub fn new(at: crate::Timestamp, entropy: [u8; 10]) -> Self {
                let millis = u64::try_from(at.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &entropy).into_uuid())
            }
            /// Wraps a UUID from elsewhere, e.g. a database column.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            /// The UUID inside.
            pub fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::Uuid { kind: $kind, text: shortened(text) })
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

slug!(
    /// A device's slug, unique within one edge, e.g. `lobby-gate-1`.
    DeviceId, "device"
);
slug!(
    /// An adapter's slug: the name of its folder, e.g. `hikvision`.
    AdapterId, "adapter"
);
slug!(
    /// A place within a site: a gate, zone, window, room or lobby, e.g. `window-3`.
    SpotId, "spot"
);
uuid_id!(
    /// An organisation: the tenant whose things nobody else may see.
    OrgId, "organisation"
);
uuid_id!(
    /// A site: one front of house.
    SiteId, "site"
);
uuid_id!(
    /// An edge: one appliance, named by the cloud at enrolment.
    EdgeId, "edge"
);
uuid_id!(
    /// A person known to Ostona.
    PersonId, "person"
);
uuid_id!(
    /// One event, for people and foreign systems; (edge, epoch, lane, seq) is what the code goes by.
    EventId, "event"
);
uuid_id!(
    /// One command, and the key of the inbox that lets it run at most once.
    CommandId, "command"
);
uuid_id!(
    /// One sheet of paper that somebody asked for.
    PrintId, "print"
);
uuid_id!(
    /// One visit to the queue, from ticket to end.
    TicketId, "ticket"
);
uuid_id!(
    /// One agreed time.
    BookingId, "booking"
);
slug!(
    /// Something a branch does for people, e.g. `cash-desk`.
    ServiceId, "service"
);
slug!(
    /// Which services somebody at a window serves, and in what proportion, e.g. `cashier`.
    ProfileId, "profile"
);
slug!(
    /// A register of one edge: a named table of rows, e.g. `bookings`.
    RegisterId, "register"
);
slug!(
    /// A paired screen: a kiosk, desk or display, e.g. `kiosk-1`.
    ScreenId, "screen"
);

impl RegisterId {
    /// The id of a register of the table.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.into())
    }
}

label!(
    /// The name a device's owner gives to a fact of its own, 1 to 64 characters.
    CustomKind,
    /// What an event is about: the text of an entity's id.
    SubjectId,
);

impl From<&DeviceId> for SubjectId {
    fn from(device: &DeviceId) -> Self {
        Self(device.0.clone())
    }
}

/// A document's id: `kind/name`, e.g. `device/lobby-gate-1` or `queue/branch`. Both halves are slugs; which there are
/// says [`crate::document::DocumentKind`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(String);

impl DocumentId {
    /// The desired settings of one device.
    pub fn of_device(device: &DeviceId) -> Self {
        Self(format!("device/{device}"))
    }
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The half before the slash.
    pub fn kind(&self) -> &str {
        self.0.split_once('/').map_or("", |(kind, _)| kind)
    }
    /// The half after the slash.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}
impl FromStr for DocumentId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('/') {
            Some((kind, name)) if is_slug(kind) && is_slug(name) => Ok(Self(text.to_owned())),
            _ => Err(IdError::Document { text: shortened(text) }),
        }
    }
}
impl TryFrom<String> for DocumentId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}
impl From<DocumentId> for String {
    fn from(id: DocumentId) -> String {
        id.0
    }
}
impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
