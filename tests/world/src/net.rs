//! The network between edge and cloud, as lossy, slow and deceptive as a branch's uplink.
//!
//! It only bends TCP on loopback: what arrives is never altered, only late, cut short, or nowhere.

mod conditions;
mod connect;
mod direction;
mod link;
#[cfg(test)]
mod tests;

pub use conditions::{Forwarding, NetworkConditions, Upgrades};
pub use connect::ConnectProxy;
pub use link::{LossyProxy, Traffic};
