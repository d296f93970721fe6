//! The network between edge and cloud, as lossy, slow and deceptive as a branch's uplink.
//!
//! It only bends TCP on loopback: what arrives is never altered, only late, cut short, or nowhere.

mod connect;
mod direction;
mod link;
#[cfg(test)]
mod tests;
mod weather;

pub use connect::ConnectProxy;
pub use link::{Lossy, Traffic};
pub use weather::{Mood, Upgrades, Weather};
