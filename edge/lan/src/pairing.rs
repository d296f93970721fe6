//! Pairing: a new screen shows six digits, somebody signed in to the settings types them, the screen is known from then on.
//!
//! Of a screen's token only the hash is kept, and a screen that was revoked is a stranger with its next request.

mod page;
pub(crate) mod paired_screen;
mod registry;
mod screen;

pub(crate) use page::routes;
pub use paired_screen::{PairedScreen, PairingRejection, ScreenMarker};
pub use registry::{Pairing, PairingError, SpotReplacement};
pub use screen::{Screen, ScreenKind, ScreenName, ScreenRecord, SpotChoice, SpotChoices, SpotField, SpotOccupant};
