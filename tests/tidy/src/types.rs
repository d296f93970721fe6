//! A type's name stands in one file of what ships, unless it means the same thing wherever it stands.
//!
//! Whoever reads a name in a log, a search or a review must know which one it is.

use crate::{Finding, Tree, shapes, syntax, tree};
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean the same in every file that has one, and what they mean.
const SHARED: &[(&str, &str)] = &[
    ("Problem", "a refusal as problem+json says it (RFC 9457)"),
    ("Raw", "a document as it is written, before it is checked"),
    ("Refusal", "why an app or a peer says no"),
    ("Request", "what an app, a protocol or a form is asked"),
    ("Settings", "what a program, a crate or an adapter is set to, checked"),
    ("State", "what an app, a machine or a conversation knows"),
];

/// Rule: no name in two files, but those that mean the same.
pub fn have_names_of_their_own(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, paths) in names(tree) {
        let mut paths = paths.into_iter();
        if let (Some(first), Some(second)) = (paths.next(), paths.next()) {
            let says = format!(
                "defines `{name}`, and so does {second}. Name each for what it is; one that means the same everywhere goes \
                 to tests/tidy/src/types.rs."
            );
            findings.push(Finding::at(first, says));
        }
    }
    findings
}

/// The files that define each name, those that are shared on purpose left out.
fn names(tree: &Tree) -> BTreeMap<String, BTreeSet<&str>> {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (path, text) in tree
        .sources()
        .filter(|(path, _)| shapes::ships(path) && !tree::is_test(path))
    {
        for definition in syntax::definitions(text) {
            names.entry(definition.name).or_default().insert(path);
        }
    }
    names.retain(|name, _| !SHARED.iter().any(|(shared, _)| shared == name));
    names
}
