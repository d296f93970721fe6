//! The map is complete: docs/architecture.md names every package.

use crate::{Finding, Tree, crates};

/// Where the map lies.
const MAP: &str = "docs/architecture.md";

/// Rule: every package is on the map, by its folder or its name.
pub fn names_every_package(tree: &Tree) -> Vec<Finding> {
    let Some(map) = tree.text(MAP) else {
        return vec![Finding::at(
            MAP,
            "is missing. Write the page that names every package and draws the arrows.",
        )];
    };
    let words: Vec<&str> = map
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '/' || c == '-'))
        .collect();
    let (crates, mut findings) = crates::read(tree);
    for one in crates {
        if !words
            .iter()
            .any(|word| [&one.folder, &one.package].contains(&&(*word).to_owned()))
        {
            findings.push(Finding::at(
                MAP,
                format!(
                    "does not name {}. Say what it is for and where its arrows go.",
                    one.folder
                ),
            ));
        }
    }
    findings
}
