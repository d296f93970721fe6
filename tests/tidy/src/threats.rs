//! The page of threats promises what a test shows: each row names one, and every one that is named is there.

use crate::{Finding, Tree, howto};
use std::collections::BTreeSet;

/// Where the page lies.
const PAGE: &str = "docs/security.md";

/// Rule: the last column of each row names tests that exist: functions (`…` stands for the rest of a name), `--test` files,
/// source files with their tests, or modules of tests.
pub fn name_tests_that_exist(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(PAGE) else {
        return vec![Finding::at(
            PAGE,
            "is missing. Write the page of threats, promises and tests.",
        )];
    };
    let functions = howto::functions(tree);
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        let Some(tests) = tests_of(line) else { continue };
        let spans: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if spans.is_empty() {
            findings.push(Finding::at_line(
                PAGE,
                number,
                "promises what no test shows. Name the test.",
            ));
        }
        for span in spans.into_iter().filter(|span| !exists(tree, &functions, span)) {
            let says = format!("names {span}, which is not there. Name the test that fails now.");
            findings.push(Finding::at_line(PAGE, number, says));
        }
    }
    findings
}

/// The last column of a row of a table; the head and the line below it are none.
fn tests_of(line: &str) -> Option<&str> {
    let row = line.strip_prefix('|')?.strip_suffix('|')?;
    let (rest, tests) = row.rsplit_once('|')?;
    let is_head = rest.starts_with(" threat ") || rest.starts_with("---");
    (!is_head).then_some(tests)
}

/// A span's last word says which test; the words before it say where.
fn exists(tree: &Tree, functions: &BTreeSet<String>, span: &str) -> bool {
    let Some(last) = span.rsplit(' ').next() else {
        return false;
    };
    if let Some(file) = span.strip_prefix("--test ") {
        return tree.text(&format!("tests/site/tests/{file}.rs")).is_some();
    }
    if last.ends_with(".rs") {
        return tree
            .sources()
            .any(|(path, text)| path.ends_with(last) && text.contains("test"));
    }
    let name = last.rsplit("::").next().unwrap_or(last);
    match name.strip_suffix('…') {
        Some(start) => functions.iter().any(|function| function.starts_with(start)),
        None => functions.contains(name) || is_module(tree, last),
    }
}

/// `tests::sealing`, `clock::ntp_mark::tests`: a file of that path with tests in it.
fn is_module(tree: &Tree, path: &str) -> bool {
    let file = path.replace("::", "/");
    let mut endings = vec![format!("src/{file}.rs")];
    // Tests in the file itself.
    endings.extend(file.strip_suffix("/tests").map(|within| format!("src/{within}.rs")));
    endings.extend((file == "tests").then(|| "src/lib.rs".to_owned()));
    tree.sources().any(|(path, text)| {
        let has_tests = text.contains("#[test]") || text.contains("#[tokio::test");
        has_tests && endings.iter().any(|ending| path.ends_with(ending))
    })
}
