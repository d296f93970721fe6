//! Settings, arguments, clock, device auth, and the devices' wiring over a real kernel.

mod args;
mod clock;
mod commissioning;
mod device_auth;
mod export;
mod settings;
mod wiring;
