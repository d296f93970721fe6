//! Settings, arguments, clock, doorkeeper, and the devices' wiring over a real kernel.

mod args;
mod clock;
mod doorkeeper;
mod fieldwork;
mod settings;
mod wiring;
