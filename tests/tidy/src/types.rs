//! A type's name is unique in what ships, unless it means the same thing wherever it stands.
//!
//! Whoever reads a name in a log, a search or a review must know which one it is.

use crate::{Finding, Tree, shapes, syntax, tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Names that mean the same in every crate that has one, and what they mean.
const SHARED: &[(&str, &str)] = &[
    ("Settings", "what a program, a crate or an adapter is set to, checked"),
    ("Raw", "a document as it is written, before it is checked"),
    ("State", "what an app, a machine or a conversation knows"),
    ("Request", "what an app, a protocol or a form is asked"),
    ("Refusal", "why an app or a peer says no"),
];

/// Most names that stand in more than one crate, beside those.
const MOST_SHARED: usize = 220;
/// Most names that stand in three files or more, beside those.
const MOST_COMMON: usize = 100;

/// Rule: names that stand in many places grow fewer.
pub fn have_names_of_their_own(tree: &Tree) -> Vec<Finding> {
    let names = names(tree);
    let mut findings = Vec::new();
    for (count, most, what) in [
        (names.in_crates, MOST_SHARED, "more than one crate"),
        (names.in_files, MOST_COMMON, "three files or more"),
    ] {
        if count > most {
            let says = format!(
                "has {count} type names that stand in {what}, {most} is the most. Name the newest for what it is; one that \
                 means the same everywhere goes to tests/tidy/src/types.rs. Most often: {}.",
                names.worst.join(", ")
            );
            findings.push(Finding::at("the workspace", says));
        }
    }
    findings
}

/// How names are shared in what ships.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// All of them.
    pub all: usize,
    /// Those that stand in more than one crate.
    pub in_crates: usize,
    /// Those that stand in three files or more.
    pub in_files: usize,
    /// Those that stand in most files, with their number.
    pub worst: Vec<String>,
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            all,
            in_crates,
            in_files,
            worst,
        } = self;
        write!(
            f,
            "{all} type names: {in_crates} in more than one crate, {in_files} in three files or more; {}",
            worst.join(", ")
        )
    }
}

/// Counts them, those that are shared on purpose left out.
pub fn names(tree: &Tree) -> Names {
    let mut files: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (path, text) in tree
        .sources()
        .filter(|(path, _)| shapes::ships(path) && !tree::is_test(path))
    {
        for definition in syntax::definitions(text) {
            files.entry(definition.name).or_default().insert(path);
        }
    }
    files.retain(|name, _| !SHARED.iter().any(|(shared, _)| shared == name));
    let crates = |paths: &BTreeSet<&str>| {
        paths
            .iter()
            .map(|path| tree::crate_of(path))
            .collect::<BTreeSet<_>>()
            .len()
    };
    let mut common: Vec<(&String, usize)> = files.iter().map(|(name, paths)| (name, paths.len())).collect();
    common.retain(|(_, count)| *count > 2);
    common.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    Names {
        all: files.len(),
        in_crates: files.values().filter(|paths| crates(paths) > 1).count(),
        in_files: common.len(),
        worst: common
            .iter()
            .take(12)
            .map(|(name, count)| format!("{name} {count}"))
            .collect(),
    }
}
