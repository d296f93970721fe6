//! What goes over the bus: frames, commands of the panel, replies of the readers.
//!
//! No time, no state, no keys: bytes become frames and back, whatever the bytes are.

pub(crate) mod command;
pub(crate) mod frame;
pub(crate) mod frame_buffer;
pub(crate) mod reply;
