//! What the protocol promises: shapes that do not drift, bytes that survive, refusals instead of panics.

mod actions;
mod codecs;
mod ids;
mod queue;
mod shapes;
mod signatures;
