//! A whole site as a scenario has it: the built programs, the building around them, and an administrator.
//!
//! Nothing here reaches past what anybody can reach: processes, sockets, the REST API, the files of the test itself.

pub mod admin;
pub mod branch;
pub mod cloud;
pub mod commands;
pub mod consistency;
pub mod driver;
pub mod edge;
pub mod history;
pub mod memory;
pub mod mqtt5;
pub mod raw_edge;
pub mod rulings;
pub mod scenario;
pub mod seed;
pub mod small_disk;
pub mod staff;
pub mod wait;
