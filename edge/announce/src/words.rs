//! The texts about voice, signage and emergencies, in every language: `words::…(lang)`. Made of `words.toml` by the build, which fails where a
//! language, a form or a place is missing; what several areas share comes from `edge-lan`.

#[allow(unused_imports, reason = "a catalogue without a count needs no plural forms")]
use edge_lan::plural;
pub(crate) use edge_lan::words::{err_needed, name_of, not_saved, remove, saved};
use protocol::Lang;

include!(concat!(env!("OUT_DIR"), "/words.rs"));
