//! The relay: takes in what edges saw, hands down what people ask of them, and shows both to administrators.
//!
//! The cloud never decides anything that somebody waits for at a door or a kiosk.

pub mod admin;
pub mod app;
pub mod clock;
pub mod console;
pub mod edges;
pub mod figures;
pub mod health;
pub mod import;
pub mod keys;
pub mod links;
pub mod live;
pub mod phone;
pub mod rebuild;
pub mod serve;
pub mod settings;
