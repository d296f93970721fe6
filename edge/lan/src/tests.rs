//! The LAN port over a real kernel.

mod areas;
mod browser;
mod calls;
mod listener;
mod local_ingest;
mod pages;
mod push;
mod rig;
mod settings_pages;
