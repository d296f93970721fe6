//! What people and their programs see of the cloud, through the whole assembly: the API, the console, everybody's pages.
//!
//! One relay per test, in a directory of its own, on a clock that stands still.

mod api;
mod console;
mod stage;
mod ticket;
