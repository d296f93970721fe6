//! Drivers that err, hang and come back; and lines to real sockets that misbehave.

mod fleet;
mod full_channel;
mod http;
mod lines;
mod serial;
mod socket;
