//! The table of document kinds: one row per kind, with its ids, the check of its body and who reads it.
//!
//! A new kind is one row here; the cloud refuses to publish what has no row, and an edge says `unsupported`.

use super::{
    device::DeviceDocument,
    fault::{self, DocumentError},
};
use crate::{
    id::DocumentId,
    queue::{Bookings, Branch, BranchDraft},
};
use serde_json::Value;

/// Which part of an edge a document configures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentReader {
    /// The devices' wiring: drivers, credentials, desired settings.
    Devices,
    /// An app, by its name.
    App(&'static str),
}

/// Whether a kind is still published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentUse {
    /// It is.
    Current,
    /// No longer: the register of that name holds it now. Edges honour the version they have until the register is in force.
    ReplacedBy(&'static str),
}

macro_rules! documents {
    ($($(#[$doc:meta])* $kind:ident = $pattern:literal read by $reader:expr, $state:expr, checked by $check:expr;)*) => {
        /// A kind of document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DocumentKind {
            $($(#[$doc])* $kind,)*
        }

        impl DocumentKind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [DocumentKind] = &[$(DocumentKind::$kind,)*];

            /// The ids of its documents: `kind/name`, or `kind/*` where there is one per thing.
            pub const fn pattern(self) -> &'static str {
                match self {
                    $(DocumentKind::$kind => $pattern,)*
                }
            }
            /// Which part of an edge reads it.
            pub const fn reader(self) -> DocumentReader {
                match self {
                    $(DocumentKind::$kind => $reader,)*
                }
            }
            /// Whether it is still published.
            pub const fn usage(self) -> DocumentUse {
                match self {
                    $(DocumentKind::$kind => $state,)*
                }
            }
            /// Whether `body` is what documents of this kind say; where it is not, the error names the place.
            pub fn check(self, body: &Value) -> Result<(), DocumentError> {
                match self {
                    $(DocumentKind::$kind => $check(body),)*
                }
            }
        }
    };
}

documents! {
    /// The desired settings of one device: a [`DeviceDocument`].
    Device = "device/*" read by DocumentReader::Devices, DocumentUse::Current, checked by device;
    /// The branch's queue: a [`Branch`].
    Branch = "queue/branch" read by DocumentReader::App("queue"), DocumentUse::Current, checked by branch;
    /// Agreed times as they were told before the register `bookings`: [`Bookings`].
    Bookings = "bookings/branch" read by DocumentReader::App("queue"), DocumentUse::ReplacedBy("bookings"), checked by bookings;
}

impl DocumentKind {
    /// The kind of a document; none: nothing reads such documents.
    pub fn of(id: &DocumentId) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| {
            let fits = |(name, pattern): (&str, &str)| pattern == "*" || pattern == name;
            kind.pattern()
                .split_once('/')
                .is_some_and(|(of, name)| of == id.kind() && fits((id.name(), name)))
        })
    }
}

impl DocumentKind {
    /// Whether a document with this id, as a text, is of this kind.
    pub fn holds(self, id: &str) -> bool {
        id.parse().is_ok_and(|id| Self::of(&id) == Some(self))
    }
}

fn device(body: &Value) -> Result<(), DocumentError> {
    fault::read::<DeviceDocument>(body).map(drop)
}

fn branch(body: &Value) -> Result<(), DocumentError> {
    let draft = fault::read::<BranchDraft>(body)?;
    Branch::try_from(draft)
        .map(drop)
        .map_err(|error| DocumentError::new(error.key, error.what))
}

fn bookings(body: &Value) -> Result<(), DocumentError> {
    fault::read::<Bookings>(body).map(drop)
}
