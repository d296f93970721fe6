//! The relay: takes in what edges saw, hands down what people ask of them, and shows both to administrators.
//!
//! The cloud never decides anything that somebody waits for at a door or a kiosk.

pub mod edges;
pub mod health;
pub mod import;
pub mod keys;
pub mod listener;
mod quota_pool;
pub mod rebuild;
pub mod routes;
pub mod settings;
pub mod state;

#[cfg(test)]
mod tests;
