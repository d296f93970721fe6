//! Pairing: a new screen shows six digits, somebody signed in to the settings types them, the screen is known from then on.
//!
//! Of a screen's token only the hash is kept, and a screen that was revoked is a stranger with its next request.

mod page;
mod paired;
mod registry;
mod screen;

pub(crate) use page::routes;
pub use paired::{NotLetIn, Paired, Surface};
pub use registry::{Pairing, PairingError};
pub use screen::{Screen, ScreenKind, ScreenRecord, SpotChoice, SpotChoices, SpotField};
