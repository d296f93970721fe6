//! From fields to the branch and back: what all pages of a branch's settings share.

use crate::words;
use edge_lan::{form::FormErrors, names};
use protocol::{
    Lang, Names,
    queue::{Branch, BranchDraft, Profile, Share},
};

/// The profile that serves everything, made without being asked for.
pub(super) const ALL: &str = "all";

/// A branch with nothing in it but its name.
pub(super) fn empty(name: Names) -> BranchDraft {
    BranchDraft {
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
pub(super) fn tidy(mut draft: BranchDraft, lang: Lang) -> BranchDraft {
    let ids: Vec<_> = draft.services.iter().map(|service| service.id.clone()).collect();
    for profile in &mut draft.profiles {
        profile.serves.retain(|share| ids.contains(&share.service));
    }
    let everything = draft.profiles.iter().position(|profile| profile.id.as_str() == ALL);
    let at = everything.or_else(|| {
        let (id, name) = (ALL.parse().ok()?, names::named(lang, words::profile_all(lang))?);
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
pub(super) fn checked(draft: BranchDraft, lang: Lang, errors: &mut FormErrors) -> Option<Branch> {
    if !errors.is_empty() {
        return None;
    }
    Branch::try_from(draft)
        .map_err(|error| {
            let says = if error.what.contains("twice") {
                words::err_twice(lang)
            } else {
                words::err_limits(lang)
            };
            errors.add(error.key, says);
        })
        .ok()
}
