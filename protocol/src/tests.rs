//! What the protocol promises: shapes that do not drift, bytes that survive, refusals instead of panics.

mod actions;
mod client_address;
mod codecs;
mod documents;
pub(crate) mod fact_codec;
mod ids;
mod key_succession;
mod queue;
mod registers;
mod shapes;
mod signatures;
