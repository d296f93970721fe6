//! Every text people read, in every language: `words::start(lang)`, `words::ahead(lang, 3)`.
//!
//! The functions are made of `words.toml` by the build, which fails where a language, a form or a place is missing.

mod plural;

use protocol::Lang;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// A language's name in itself, as on its button.
pub(crate) const fn name_of(lang: Lang) -> &'static str {
    match lang {
        Lang::UzLatn => "Oʻzbekcha",
        Lang::UzCyrl => "Ўзбекча",
        Lang::Ru => "Русский",
        Lang::En => "English",
    }
}
