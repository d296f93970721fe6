//! What goes over the line, byte by byte, and anything at all that may come back.

mod encoders;
mod fuzz;
mod status;
