//! The LAN port over a real kernel.

mod calls;
mod listener;
mod local;
mod pages;
mod push;
mod rig;
mod voice;
