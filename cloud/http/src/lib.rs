//! What the API and the pages share of HTTP: how a refusal leaves, who calls from where, how many may, endless answers.
//!
//! No route, no page and no schema of a resource is here; and nothing here decides what somebody may do.

pub mod client;
pub mod event_stream;
pub mod problem;
pub mod public_url;
pub mod security_headers;

pub use problem::{Kind, Problem};
pub use public_url::{PublicScheme, PublicUrl};
