//! The LAN port over a real kernel.

mod listener;
mod local;
mod pages;
mod push;
mod rig;
