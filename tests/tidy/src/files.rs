//! What a source file looks like from outside: its header, its length, its name.

use crate::{Finding, Tree, tree};
use std::fmt;

/// Longest source, lines.
const LONGEST: usize = 400;
/// Longest source that holds tests only, lines.
const LONGEST_TESTS: usize = 900;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "util", "utils", "common", "helper", "helpers", "misc", "shared", "stuff",
];

/// Rule: a source says in its first line what it is for.
pub fn start_with_a_header(tree: &Tree) -> Vec<Finding> {
    let says = "must start with `//!`: what the file is for, then what must never be true of it.";
    tree.sources()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| Finding::at(path, says))
        .collect()
}

/// Rule: no source is longer than can be held in one's head.
pub fn stay_short(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.sources() {
        let (lines, limit) = (
            text.lines().count(),
            if tree::is_test(path) { LONGEST_TESTS } else { LONGEST },
        );
        if lines > limit {
            let says = format!("has {lines} lines, {limit} is the most. Split it where it changes its subject.");
            findings.push(Finding::at(path, says));
        }
    }
    findings
}

/// Rule: `foo.rs` beside `foo/`, and names that say what is inside.
pub fn have_telling_names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.sources() {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "mod.rs" {
            findings.push(Finding::at(
                path,
                "is a mod.rs. Make it `foo.rs` beside the folder `foo/`.",
            ));
        }
        findings.extend(empty_name(path, name.trim_end_matches(".rs")));
    }
    findings.extend(
        tree.folders()
            .filter_map(|path| empty_name(path, path.rsplit('/').next().unwrap_or(path))),
    );
    findings
}

fn empty_name(path: &str, name: &str) -> Option<Finding> {
    let says = format!("is called {name}. Name the thing inside: `backoff`, `clock`, `ledger`.");
    EMPTY_NAMES.contains(&name).then(|| Finding::at(path, says))
}

/// Lengths of the sources that are not tests only.
#[derive(Debug, PartialEq, Eq)]
pub struct Lengths {
    /// How many sources.
    pub files: usize,
    /// Half are no longer, lines.
    pub median: usize,
    /// 95 of 100 are no longer, lines.
    pub p95: usize,
    /// The longest, lines.
    pub longest: usize,
}

/// Measures the sources that are not tests only.
pub fn lengths(tree: &Tree) -> Lengths {
    let mut lines: Vec<usize> = tree
        .sources()
        .filter(|(path, _)| !tree::is_test(path))
        .map(|(_, text)| text.lines().count())
        .collect();
    lines.sort_unstable();
    let at = |percent: usize| {
        lines
            .get(lines.len().saturating_sub(1) * percent / 100)
            .copied()
            .unwrap_or(0)
    };
    Lengths {
        files: lines.len(),
        median: at(50),
        p95: at(95),
        longest: at(100),
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            files,
            median,
            p95,
            longest,
        } = self;
        write!(
            f,
            "{files} sources beside tests: median {median} lines, p95 {p95}, longest {longest}"
        )
    }
}
