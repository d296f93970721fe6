//! Printers that behave as they are told, with the clock paused: what is said of each sheet, and what went over the line.

pub(crate) mod sheets;
