//! Fuzz targets can be found: `cargo xtask test --fuzz-minutes N` runs the tests whose path says `fuzz`.

use crate::{Finding, Tree, tokens};

/// Rule: a test that hands its body to bolero is called `fuzz_…` or lies in a module `fuzz`.
pub fn targets_can_be_found(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.sources().filter(|(path, _)| !path.ends_with("/fuzz.rs")) {
        let tokens = tree.tokens(path);
        let targets = tokens::find(tokens, "bolero::check").map(|target| target.line);
        for line in targets {
            let before = tokens
                .windows(2)
                .take_while(|pair| pair.iter().all(|token| token.line <= line));
            let function = before
                .filter(|pair| pair.first().is_some_and(|token| token.is("fn")))
                .last();
            let Some([_, name]) = function else { continue };
            if !name.text.starts_with("fuzz_") {
                let says = format!(
                    "`{}` is a fuzz target. Call it fuzz_…, or move it to a module `fuzz`, so that it is found.",
                    name.text
                );
                findings.push(Finding::at_line(path, name.line, says));
            }
        }
    }
    findings
}
