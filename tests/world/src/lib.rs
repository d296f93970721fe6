//! The simulated building: devices, networks and processes that behave as badly as the real ones were seen to.
//!
//! Nothing here is part of the product, nothing of the product depends on it, and nothing listens beyond loopback.

pub mod adms;
pub mod clock;
pub mod fixtures;
pub mod hikvision;
pub mod http;
pub mod httpbin;
pub mod mqtt;
pub mod net;
pub mod osdp;
pub mod peers;
pub mod port;
pub mod printer;
pub mod process;
pub mod pty;
pub mod rng;
pub mod scanner;
pub mod turnstile;
pub mod zkteco;
