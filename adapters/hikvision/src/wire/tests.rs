//! Frames: what real devices and standards say they look like, and what anybody can send instead.

mod bodies;
mod digest;
mod hostile_input;
mod parts;
mod recorded;
