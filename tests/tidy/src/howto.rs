//! The page that says how things are added names files and tests that exist.
//!
//! A path with a word in angle brackets (`adapters/<family>/src/wire.rs`) is there where something fits it.

use crate::{Finding, Tree};
use std::collections::BTreeSet;

/// Where the page lies.
const PAGE: &str = "docs/how-to-add.md";

/// Rule: every path on the page exists, and so does every test it names.
pub fn names_what_exists(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(PAGE) else {
        return vec![Finding::at(
            PAGE,
            "is missing. Write the page that says how things are added.",
        )];
    };
    let tests = functions(tree);
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        // Every second piece stands between backticks.
        for span in line.split('`').skip(1).step_by(2) {
            if is_path(span) && !exists(tree, span) {
                let says = format!("names {span}, which is not there. Say where it is now.");
                findings.push(Finding::at_line(PAGE, number, says));
            }
            if is_test(span) && !tests.contains(span) {
                let says = format!("names the test {span}, which is not there. Say which one fails now.");
                findings.push(Finding::at_line(PAGE, number, says));
            }
        }
    }
    findings
}

/// `edge/queue/src/lib.rs`, `docs/`: what stands in the tree, not what is asked of a server.
fn is_path(span: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/._-<>".contains(c);
    span.contains('/') && !span.starts_with('/') && !span.starts_with("v2/") && span.chars().all(fits)
}

/// A sentence in snake case.
fn is_test(span: &str) -> bool {
    span.matches('_').count() > 1
        && span
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn exists(tree: &Tree, span: &str) -> bool {
    let wanted: Vec<&str> = span.trim_end_matches('/').split('/').collect();
    tree.paths().any(|path| {
        let found: Vec<&str> = path.split('/').collect();
        found.len() == wanted.len() && found.iter().zip(&wanted).all(|(found, wanted)| fits(found, wanted))
    })
}

fn fits(found: &str, wanted: &str) -> bool {
    match (wanted.find('<'), wanted.find('>')) {
        (Some(opens), Some(closes)) if opens < closes => {
            let (before, after) = (wanted.get(..opens), wanted.get(closes + 1..));
            before.zip(after).is_some_and(|(before, after)| {
                found.len() > before.len() + after.len() && found.starts_with(before) && found.ends_with(after)
            })
        }
        _ => found == wanted,
    }
}

/// The name of every function there is.
pub(crate) fn functions(tree: &Tree) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, _) in tree.sources() {
        let tokens = tree.tokens(path);
        for pair in tokens.windows(2) {
            if let [keyword, name] = pair {
                found.extend(keyword.is("fn").then(|| name.text.clone()));
            }
        }
    }
    found
}
