//! The table of registers: one row per register, with the check of its rows and which app reads it.

use super::id::{RegisterId, RowKey};
use crate::{
    document::{DocumentError, DocumentReader},
    queue::Booking,
};
use serde::de::DeserializeOwned;

macro_rules! registers {
    ($($(#[$doc:meta])* $kind:ident = $name:literal read by $reader:expr, checked by $check:expr;)*) => {
        /// A register that edges know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RegisterKind {
            $($(#[$doc])* $kind,)*
        }

        impl RegisterKind {
            /// Every register, in the order of the table.
            pub const ALL: &'static [RegisterKind] = &[$(RegisterKind::$kind,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(RegisterKind::$kind => $name,)*
                }
            }
            /// Which part of an edge reads it.
            pub const fn reader(self) -> DocumentReader {
                match self {
                    $(RegisterKind::$kind => $reader,)*
                }
            }
            /// Whether a row is what rows of this register say; where it is not, the error names the place.
            pub fn check(self, key: &RowKey, body: &str) -> Result<(), DocumentError> {
                match self {
                    $(RegisterKind::$kind => $check(key, body),)*
                }
            }
        }
    };
}

registers! {
    /// Agreed times of the branch, a [`Booking`] each, by the booking's id.
    Bookings = "bookings" read by DocumentReader::App("queue"), checked by booking;
}

impl RegisterKind {
    /// The register of that name; none: nothing reads it.
    pub fn of(id: &RegisterId) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == id.as_str())
    }
    /// Its name as an id.
    pub fn id(self) -> RegisterId {
        RegisterId::known(self.as_str())
    }
}

fn booking(key: &RowKey, body: &str) -> Result<(), DocumentError> {
    let booking = read_row::<Booking>(body)?;
    if booking.id.to_string() == key.as_str() {
        Ok(())
    } else {
        Err(DocumentError::new("id", "is not the row's key"))
    }
}

/// Reads what a row says, and says where it cannot be read.
pub fn read_row<T: DeserializeOwned>(body: &str) -> Result<T, DocumentError> {
    let value = serde_json::from_str(body).map_err(|error| DocumentError::new("body", &error.to_string()))?;
    crate::document::read(&value)
}
