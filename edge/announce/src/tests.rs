//! The voice's sentences and clips, media files, and texts that go over everything.

#[path = "../../lan/src/tests/rig.rs"]
#[allow(dead_code, reason = "the LAN port's own kit: each crate uses its part")]
mod rig;
mod signage;
mod voice;
mod word;
