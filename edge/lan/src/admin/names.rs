//! Names and numbers of forms: a name in each language, spelled right, and a number or what is wrong with it.

use super::form::FormErrors;
use crate::{request::FormFields, words};
use protocol::{Lang, Names};
use std::collections::BTreeMap;

/// An apostrophe that was typed, as the letter it stands for: ʻ after o and g, ʼ elsewhere (CLDR, uz).
pub fn spelled(text: &str) -> String {
    let mut before = ' ';
    let letter = |found: char| {
        let spelled = match (found, before) {
            ('\'' | '‘' | '’' | '`', 'o' | 'O' | 'g' | 'G') => 'ʻ',
            ('\'' | '‘' | '’' | '`', _) => 'ʼ',
            (other, _) => other,
        };
        before = found;
        spelled
    };
    text.chars().map(letter).collect()
}

/// `services.2.name.ru` and its like as a name; none where no language has one.
pub fn in_languages(fields: &FormFields, name: &str) -> Option<Names> {
    let in_lang = |lang: Lang| {
        let text = fields.text(&format!("{name}.{lang}"));
        let text = if lang == Lang::UzLatn {
            spelled(text)
        } else {
            text.to_owned()
        };
        (!text.is_empty()).then_some((lang, text))
    };
    let given: BTreeMap<Lang, String> = Lang::ALL.into_iter().filter_map(in_lang).collect();
    Names::try_from(given).ok()
}

/// A name given in one language.
pub fn named(lang: Lang, text: &str) -> Option<Names> {
    let text = if lang == Lang::UzLatn {
        spelled(text)
    } else {
        text.to_owned()
    };
    Names::try_from(BTreeMap::from([(lang, text)])).ok()
}

/// The fields of a name.
pub fn with_names(fields: FormFields, name: &str, names: Option<&Names>) -> FormFields {
    let given = names.into_iter().flat_map(Names::given);
    given.fold(fields, |fields, (lang, text)| {
        fields.with(format!("{name}.{lang}"), text)
    })
}

/// A number, or what is wrong at its field.
pub fn number<T: std::str::FromStr + Default>(
    lang: Lang,
    fields: &FormFields,
    name: &str,
    errors: &mut FormErrors,
) -> T {
    fields.read(name).unwrap_or_else(|| {
        let says = if fields.text(name).is_empty() {
            words::err_needed(lang)
        } else {
            words::err_number(lang)
        };
        errors.add(name, says);
        T::default()
    })
}

/// The first of `a1`, `a2`… that is free.
pub fn free_id(letter: char, taken: impl Fn(&str) -> bool) -> String {
    let mut ids = (1_u32..).map(|number| format!("{letter}{number}"));
    ids.find(|id| !taken(id)).unwrap_or_default()
}
