//! The queue's screens over a real kernel, in a LAN port with the areas they work with.

mod announcer;
mod branch_box;
#[path = "../../lan/src/tests/browser.rs"]
#[allow(dead_code, reason = "the LAN port's own kit: each crate uses its part")]
mod browser;
mod desk;
mod display;
mod full_journal;
mod kiosk;
mod open_branch;
mod phone;
#[path = "../../lan/src/tests/rig.rs"]
#[allow(dead_code, reason = "the LAN port's own kit: each crate uses its part")]
mod rig;
mod settings_pages;
#[path = "../../announce/src/tests/word.rs"]
mod word;
mod words;

/// The areas as the agent lists them.
const AREAS: &[edge_lan::Area] = &[edge_kiosk::AREA, edge_announce::AREA, crate::AREA];
