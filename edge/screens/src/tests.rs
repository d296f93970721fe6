//! The LAN port over a real kernel.

mod calls;
mod desk;
mod display;
mod hall;
mod listener;
mod local;
mod pages;
mod phone;
mod push;
mod rig;
mod voice;
