//! A whole site as a scenario has it: the built programs, the building around them, and an administrator.
//!
//! Nothing here reaches past what anybody can reach: processes, sockets, the REST API, the files of the test itself.

pub mod admin;
pub mod branch;
pub mod cloud;
pub mod edge;
pub mod five;
pub mod history;
pub mod house;
pub mod orders;
pub mod patience;
pub mod proof;
pub mod rulings;
pub mod seed;
pub mod staff;
pub mod stranger;
pub mod tight;
