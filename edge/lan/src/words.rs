//! The texts that several areas share and those of the port itself, in every language: `words::save(lang)`.
//!
//! The functions are made of `words.toml` by the build, which fails where a language, a form or a place is missing.

#[allow(unused_imports, reason = "a catalogue without a count needs no plural forms")]
use crate::plural;
use protocol::Lang;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// A language's name in itself, as on its button.
pub const fn name_of(lang: Lang) -> &'static str {
    match lang {
        Lang::UzLatn => "Oʻzbekcha",
        Lang::UzCyrl => "Ўзбекча",
        Lang::Ru => "Русский",
        Lang::En => "English",
    }
}
