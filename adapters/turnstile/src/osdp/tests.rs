//! Recorded conversations, properties, anything at all, and whole conversations with readers as they may be.

mod conversations;
mod exchange;
mod fuzz;
mod properties;
mod reader;
mod recorded;
mod settings;
