//! The LAN port over a real kernel.

mod announcer;
mod calls;
mod desk;
mod display;
mod full;
mod hall;
mod kiosk;
mod listener;
mod local;
mod pages;
mod phone;
mod premises;
mod push;
mod rig;
mod settings_pages;
mod voice;
mod words;
