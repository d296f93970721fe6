//! Recorded vectors, properties, and anything at all.

mod frames;
mod fuzz;
mod records;
