//! Nothing is left for later: no notes to self, no switched-off tests, no tests that wait for a wall clock.

use crate::tokens::{self, Token};
use crate::{Finding, Tree, tree};
use std::collections::BTreeSet;

/// Words a comment leaves for later. Spelled in halves so that this file does not find itself.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Rule: no notes to self in any source or text.
pub fn leave_no_notes(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.sources() {
        for (line, content) in (1..).zip(text.lines()) {
            for note in words(content).filter(|word| NOTES.contains(word)) {
                findings.push(Finding::at_line(
                    path,
                    line,
                    format!("says {note}. Do it, or say in the report what is missing."),
                ));
            }
        }
    }
    findings
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric())
}

/// Rule: no test is switched off, no code is promised.
pub fn switch_nothing_off(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.sources() {
        let tokens = tokens::read(path, text);
        for pair in tokens.windows(2) {
            let [first, second] = pair else { continue };
            if first.is("#") && second.is("ignore") {
                findings.push(Finding::at_line(
                    path,
                    first.line,
                    "switches a test off. Make it pass, or take it out and say why.",
                ));
            }
            if second.is("!") && (first.is("todo") || first.is("unimplemented")) {
                findings.push(Finding::at_line(
                    path,
                    first.line,
                    format!("says {}!. Write the code.", first.text),
                ));
            }
        }
    }
    findings
}

/// Rule: outside `tests/` nothing blocks a thread to wait: unit tests pause the clock, product code waits for an event.
pub fn wait_for_no_wall_clock(tree: &Tree) -> Vec<Finding> {
    let outside: Vec<_> = tree
        .sources()
        .filter(|(path, _)| !path.starts_with("tests/"))
        .map(|(path, text)| (path, tokens::read(path, text)))
        .collect();
    let pauses = |token: &Token| token.is("start_paused") || token.is("pause");
    let paused: BTreeSet<&str> = outside
        .iter()
        .filter(|(_, tokens)| tokens.iter().any(pauses))
        .map(|(path, _)| tree::crate_of(path))
        .collect();

    let mut findings = Vec::new();
    for (path, tokens) in &outside {
        for sleep in tokens::find(tokens, "thread::sleep") {
            let says =
                "sleeps. Wait for the event itself: a channel with a timeout, or tokio's paused clock in a test.";
            findings.push(Finding::at_line(path, sleep.line, says));
        }
        if tree::is_test(path) && !paused.contains(tree::crate_of(path)) {
            for sleep in tokens::find(tokens, "time::sleep") {
                let says = "sleeps in a unit test on the real clock. Run the test with `start_paused = true`, or wait for \
                            the event itself.";
                findings.push(Finding::at_line(path, sleep.line, says));
            }
        }
    }
    findings
}
