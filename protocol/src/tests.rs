//! What the protocol promises: shapes that do not drift, bytes that survive, refusals instead of panics.

mod actions;
mod codecs;
mod documents;
mod ids;
mod queue;
mod registers;
mod shapes;
mod signatures;
