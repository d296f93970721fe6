//! The texts of the queue, in every language: `words::…(lang)`. Made of `words.toml` by the build, which fails where a
//! language, a form or a place is missing; what several areas share comes from `edge-lan`.

#[allow(unused_imports, reason = "a catalogue without a count needs no plural forms")]
use edge_lan::plural;
pub(crate) use edge_lan::words::{
    back, err_needed, err_number, languages, name_of, not_saved, one_moment, remove, save, saved, screen_pair,
};
use protocol::Lang;

include!(concat!(env!("OUT_DIR"), "/words.rs"));
