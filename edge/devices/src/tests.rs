//! Drivers that err, hang and come back; and lines to real sockets that misbehave.

mod crowded;
mod fleet;
mod http;
mod lines;
mod serial;
mod socket;
