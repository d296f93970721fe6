//! From fields to the branch and back: what all pages of the settings do with names, numbers and ids.

use super::form::Errors;
use crate::{request::Fields, words};
use protocol::{
    Lang, Names,
    queue::{Branch, Draft, Profile, Share},
};
use std::collections::BTreeMap;

/// The profile that serves everything, made without being asked for.
pub(super) const ALL: &str = "all";

/// An apostrophe that was typed, as the letter it stands for: ʻ after o and g, ʼ elsewhere (CLDR, uz).
pub(crate) fn spelled(text: &str) -> String {
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
pub(super) fn names(fields: &Fields, name: &str) -> Option<Names> {
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
pub(super) fn named(lang: Lang, text: &str) -> Option<Names> {
    let text = if lang == Lang::UzLatn {
        spelled(text)
    } else {
        text.to_owned()
    };
    Names::try_from(BTreeMap::from([(lang, text)])).ok()
}

/// The fields of a name.
pub(super) fn with_names(fields: Fields, name: &str, names: Option<&Names>) -> Fields {
    let given = names.into_iter().flat_map(Names::given);
    given.fold(fields, |fields, (lang, text)| {
        fields.with(format!("{name}.{lang}"), text)
    })
}

/// A number, or what is wrong at its field.
pub(super) fn number<T: std::str::FromStr + Default>(
    lang: Lang,
    fields: &Fields,
    name: &str,
    errors: &mut Errors,
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
pub(super) fn free_id(letter: char, taken: impl Fn(&str) -> bool) -> String {
    let mut ids = (1_u32..).map(|number| format!("{letter}{number}"));
    ids.find(|id| !taken(id)).unwrap_or_default()
}

/// A branch with nothing in it but its name.
pub(super) fn empty(name: Names) -> Draft {
    Draft {
        name,
        phone: None,
        footer: None,
        languages: Lang::ALL.to_vec(),
        announce: vec![Lang::UzLatn, Lang::Ru],
        hours: protocol::queue::Hours::default(),
        holidays: Vec::new(),
        services: Vec::new(),
        profiles: Vec::new(),
        windows: Vec::new(),
        operators: Vec::new(),
        printers: Vec::new(),
        phone_base: None,
        rules: protocol::queue::Rules::default(),
    }
}

/// Profiles name only services that are there, and the one that serves everything serves everything.
pub(super) fn tidy(mut draft: Draft, lang: Lang) -> Draft {
    let ids: Vec<_> = draft.services.iter().map(|service| service.id.clone()).collect();
    for profile in &mut draft.profiles {
        profile.serves.retain(|share| ids.contains(&share.service));
    }
    let everything = draft.profiles.iter().position(|profile| profile.id.as_str() == ALL);
    let at = everything.or_else(|| {
        let (id, name) = (ALL.parse().ok()?, named(lang, words::profile_all(lang))?);
        draft.profiles.insert(
            0,
            Profile {
                id,
                name,
                serves: Vec::new(),
            },
        );
        Some(0)
    });
    if let Some(profile) = at.and_then(|at| draft.profiles.get_mut(at)) {
        for id in ids {
            if !profile.serves.iter().any(|share| share.service == id) {
                let (weight, priority) = (1, 0);
                profile.serves.push(Share {
                    service: id,
                    weight,
                    priority,
                });
            }
        }
    }
    draft
}

/// The branch a draft makes, or what is wrong with it.
pub(super) fn checked(draft: Draft, lang: Lang, errors: &mut Errors) -> Option<Branch> {
    if !errors.is_empty() {
        return None;
    }
    Branch::try_from(draft)
        .map_err(|error| errors.add_not_a_branch(lang, &error))
        .ok()
}
