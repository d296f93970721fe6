//! Whether what was written down about a branch holds together. A branch that does not is refused by the key that is wrong.

use super::{Branch, BranchDraft, BranchError, Requirement, Service, Share};
use crate::lang::Names;

/// Of each list: what one box can serve, and a screen can show.
const MOST: usize = 200;

impl TryFrom<BranchDraft> for Branch {
    type Error = BranchError;
    fn try_from(draft: BranchDraft) -> Result<Self, BranchError> {
        let no = |key: String, what| Err(BranchError { key, what });
        let lens = [
            ("services", draft.services.len()),
            ("profiles", draft.profiles.len()),
            ("windows", draft.windows.len()),
            ("operators", draft.operators.len()),
            ("holidays", draft.holidays.len()),
            ("printers", draft.printers.len()),
        ];
        if let Some((key, _)) = lens.iter().find(|(_, len)| *len > MOST) {
            return no((*key).to_owned(), "holds more than 200");
        }
        distinct("languages", &draft.languages)?;
        distinct("announce", &draft.announce)?;
        if draft.languages.is_empty() {
            return no("languages".to_owned(), "is empty");
        }
        distinct(
            "services",
            &draft.services.iter().map(|one| &one.id).collect::<Vec<_>>(),
        )?;
        distinct(
            "profiles",
            &draft.profiles.iter().map(|one| &one.id).collect::<Vec<_>>(),
        )?;
        distinct("windows", &draft.windows.iter().map(|one| &one.id).collect::<Vec<_>>())?;
        distinct(
            "windows",
            &draft.windows.iter().map(|one| one.number).collect::<Vec<_>>(),
        )?;
        distinct(
            "operators",
            &draft.operators.iter().map(|one| one.id).collect::<Vec<_>>(),
        )?;
        check_entries(&draft)?;
        Ok(Self(draft))
    }
}

/// What each entry of a list promises by itself.
fn check_entries(draft: &BranchDraft) -> Result<(), BranchError> {
    let no = |key: String, what| Err(BranchError { key, what });
    draft
        .services
        .iter()
        .enumerate()
        .try_for_each(|(at, service)| check_service(at, service))?;
    for (at, profile) in draft.profiles.iter().enumerate() {
        let known = |share: &Share| draft.services.iter().any(|service| service.id == share.service);
        if !profile.serves.iter().all(known) {
            return no(format!("profiles.{at}.serves"), "names a service that is not there");
        }
        if !profile.serves.iter().all(|share| (1..=100).contains(&share.weight)) {
            return no(format!("profiles.{at}.serves"), "has a weight that is not 1 to 100");
        }
        let served = profile.serves.iter().map(|share| &share.service);
        distinct(&format!("profiles.{at}.serves"), &served.collect::<Vec<_>>())?;
    }
    for (at, window) in draft.windows.iter().enumerate() {
        if !(1..=999).contains(&window.number) {
            return no(format!("windows.{at}.number"), "is not 1 to 999");
        }
    }
    for (at, operator) in draft.operators.iter().enumerate() {
        if !draft.profiles.iter().any(|profile| profile.id == operator.profile) {
            return no(format!("operators.{at}.profile"), "names a profile that is not there");
        }
        if !(1..=Names::LONGEST).contains(&operator.name.chars().count()) {
            return no(format!("operators.{at}.name"), "is not 1 to 200 characters");
        }
    }
    Ok(())
}

fn check_service(at: usize, service: &Service) -> Result<(), BranchError> {
    let no = |key: &str, what| {
        let key = format!("services.{at}.{key}");
        Err(BranchError { key, what })
    };
    if !(1..=480).contains(&service.minutes) {
        return no("minutes", "is not 1 to 480");
    }
    if !(1..=480).contains(&service.target_wait) {
        return no("target_wait", "is not 1 to 480");
    }
    if service.outcome == Requirement::Required && service.outcomes.is_empty() {
        return no("outcomes", "is empty though a code is required");
    }
    if service.outcomes.len() > MOST {
        return no("outcomes", "holds more than 200");
    }
    let codes = service.outcomes.iter().map(|outcome| &outcome.code);
    distinct(&format!("services.{at}.outcomes"), &codes.collect::<Vec<_>>())
}

fn distinct<T: PartialEq>(key: &str, list: &[T]) -> Result<(), BranchError> {
    let twice = list
        .iter()
        .enumerate()
        .any(|(at, one)| list.iter().skip(at + 1).any(|other| one == other));
    if twice {
        return Err(BranchError {
            key: key.to_owned(),
            what: "names something twice",
        });
    }
    Ok(())
}
