//! What comes over wires, read and written: no time, no state beyond a half-received frame, no panic.

pub(crate) mod wiegand;

#[cfg(test)]
mod tests;
