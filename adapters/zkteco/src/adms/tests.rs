//! The conversation with the clock paused: rows, refusals, people, commands, and what must never be said.

mod commands;
mod fuzz;
mod harness;
mod numbers;
mod people;
mod rows;
mod settings;
