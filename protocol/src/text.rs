//! Texts that mean one thing each: a version, the name of a log, the hash of a token. Each has a type of its own, so that
//! none is taken for another.
//!
//! They are passed on as they came and never looked into: whatever was written once can be read for ever. On the wire and on
//! disk each is a plain JSON string. One of up to 23 bytes needs no allocation, a longer one is shared by its copies.

use crate::{
    digest::Digest,
    id::{CommandId, PrintId, TicketId},
};
use serde::de;
use smol_str::SmolStr;
use std::fmt;
use uuid::{Uuid, fmt::Hyphenated};

/// Short text that is passed on and not looked into.
macro_rules! label {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(::smol_str::SmolStr);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(::smol_str::SmolStr::new(text))
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0.into()
            }
        }
        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == *other
            }
        }
        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == **other
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(self.as_str(), f)
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::text::LabelVisitor).map(Self)
            }
        }
    )+};
}
pub(crate) use label;

/// Takes a text where it stands.
pub(crate) struct LabelVisitor;

impl de::Visitor<'_> for LabelVisitor {
    type Value = SmolStr;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<SmolStr, E> {
        Ok(SmolStr::new(text))
    }
}

label!(
    /// What kind of device it is: `gate`, `terminal`, `printer`, `kiosk`, `display`, `desk`, `pc`, `room_pi`, `pbx`,
    /// `button`, `modbus`. An installer's word; adapters may bring more.
    DeviceKind,
    /// Where a device is: host and port, or a bus path. Never a password.
    DeviceAddress,
    /// The version of a device's firmware, as the device says it.
    FirmwareVersion,
    /// The version of an edge's agent.
    AgentVersion,
    /// Serial number of an edge's board, for people.
    BoardSerial,
    /// A log that a device keeps itself: its serial number, with `#2`, `#3`… once it was wiped and counts from the start
    /// again.
    LogName,
    /// A device's own time, as the device wrote it.
    DeviceClockText,
    /// The command, ticket, print or visit an event belongs to: the text of its id.
    CorrelationId,
    /// The dotted name of an event, which may be newer than this build.
    EventName,
    /// The dotted name of a command, e.g. `access.open`, which may be newer than this build.
    CommandName,
    /// What was done or refused, dotted, e.g. `broker.publish.refused`.
    AuditAction,
    /// Who asked: a login or the name of an API key.
    AccountName,
    /// A person's number in a device or its settings (ISAPI `employeeNoString`): an id, never a name or card number.
    PersonNumber,
    /// Why, as a short stable word such as `silent`, `paper_out` or `timer`, or the word of a branch's settings.
    ReasonWord,
    /// What was being entered when a sign-in failed: `mqtt`, `isapi`, `local`, `socket`…
    SignInMethod,
    /// The network address somebody came from.
    RemoteAddress,
    /// What moved a door: `remote`, `button`, `schedule`, `fire`, `person`.
    DoorCause,
    /// How the cloud is reached: `socket` or `rest`.
    LinkTransport,
    /// An application or a place somebody spent time with.
    ApplicationName,
    /// The code an operator closed a visit with.
    OutcomeCode,
    /// A name of the screens' icon set, e.g. `cash`.
    IconName,
    /// SHA-256 of a ticket holder's token, lower-case hex: the token opens the phone page.
    TicketTokenHash,
    /// SHA-256 of a code that somebody was given or has scanned, lower-case hex.
    CodeHash,
    /// 16 random bytes in base64url: one attempt to join, however often it is sent.
    JoinAttempt,
);

impl From<Digest> for TicketTokenHash {
    fn from(digest: Digest) -> Self {
        Self(digest.to_string().into())
    }
}

impl From<Digest> for CodeHash {
    fn from(digest: Digest) -> Self {
        Self(digest.to_string().into())
    }
}

impl From<&Uuid> for CorrelationId {
    fn from(id: &Uuid) -> Self {
        Self(SmolStr::new(id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH])))
    }
}

impl From<CommandId> for CorrelationId {
    fn from(command: CommandId) -> Self {
        Self::from(command.as_uuid())
    }
}

impl From<PrintId> for CorrelationId {
    fn from(print: PrintId) -> Self {
        Self::from(print.as_uuid())
    }
}

impl From<TicketId> for CorrelationId {
    fn from(ticket: TicketId) -> Self {
        Self::from(ticket.as_uuid())
    }
}
