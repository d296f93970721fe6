//! Turnstiles and doors with readers: a relay board or pins that let people through, and the readers beside them.

mod osdp;
mod passage;
mod reader;
mod wire;
