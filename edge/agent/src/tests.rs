//! Settings, arguments, clock, device auth, and the devices' wiring over a real kernel.

mod args;
mod clock;
mod device_auth;
mod fieldwork;
mod settings;
mod wiring;
