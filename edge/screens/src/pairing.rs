//! Pairing: a new screen shows six digits, somebody signed in to the settings types them, the screen is known from then on.
//!
//! Of a screen's token only the hash is kept, and a screen that was revoked is a stranger with its next request.

mod page;
mod paired;
mod registry;
mod screen;

pub(crate) use page::routes;
pub(crate) use paired::{Desk, Display, Kiosk, Paired};
pub(crate) use registry::{NotPaired, Pairing};
pub(crate) use screen::{Kind, Screen};
