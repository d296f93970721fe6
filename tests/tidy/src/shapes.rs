//! Typed values in signatures and structs: no `bool` parameters, few `String` fields.
//!
//! A `true` at a call says nothing, and a text that means a digest can be taken for a name. Only what ships is read.

use crate::tokens::Token;
use crate::{Finding, Tree, syntax, tree};
use std::fmt;

/// Most fields of `pub` in any form that are `String`, `Option<String>` or `Vec<String>`, per thousand lines; only ever lowered.
const MOST_TEXTS: f64 = 0.75;

/// Rule: no function that others call takes a `bool`. Name the two cases in an enum.
pub fn take_no_bools(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in shipped(tree) {
        for function in syntax::functions_with(text, "bool") {
            let says = format!("`{}` takes a bool. Name its two cases in an enum.", function.name);
            findings.push(Finding::at_line(path, function.line, says));
        }
    }
    findings
}

/// Rule: what is a digest, a version or a code is a type, not a `String`.
pub fn hold_few_texts(tree: &Tree) -> Vec<Finding> {
    let texts = texts(tree);
    let most = texts.files.first().map(|(path, count)| format!("{path} has {count}"));
    let says = format!(
        "{texts}, {MOST_TEXTS} is the most. Give what they hold a type, first where most of them are: {}.",
        most.unwrap_or_default()
    );
    let too_many = texts.per_thousand() > MOST_TEXTS;
    too_many
        .then(|| Finding::at("the workspace", says))
        .into_iter()
        .collect()
}

/// Fields that hold text, in all that ships.
#[derive(Debug)]
pub struct Texts {
    /// Files that have some, most first.
    pub files: Vec<(String, usize)>,
    /// Lines of all that ships.
    pub lines: usize,
}

impl Texts {
    fn fields(&self) -> usize {
        self.files.iter().map(|(_, count)| count).sum()
    }
    /// Fields in a thousand lines.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn per_thousand(&self) -> f64 {
        self.fields() as f64 * 1000.0 / self.lines.max(1) as f64
    }
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fields, lines) = (self.fields(), self.lines);
        write!(
            f,
            "{fields} String fields in {lines} lines: {:.2} per thousand",
            self.per_thousand()
        )
    }
}

/// Counts them.
pub fn texts(tree: &Tree) -> Texts {
    let mut files = Vec::new();
    let mut lines = 0;
    for (path, text) in shipped(tree) {
        lines += text.lines().count();
        let count = fields(tree.tokens(path));
        if count > 0 {
            files.push((path.to_owned(), count));
        }
    }
    files.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Texts { files, lines }
}

fn shipped(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.sources().filter(|(path, _)| ships(path) && !tree::is_test(path))
}

/// Whether a source is part of a crate that ships.
pub fn ships(path: &str) -> bool {
    ["protocol/", "adapters/", "edge/", "cloud/"]
        .iter()
        .any(|root| path.starts_with(root))
}

/// `pub name: String`, with what may stand around both.
fn fields(tokens: &[Token]) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.is(text));
    let mut count = 0;
    for at in (0..tokens.len()).filter(|at| is(*at, "pub")) {
        // `pub`, `pub(crate)`, `pub(in path)`: brackets are no tokens here.
        let restricted = is(at + 1, "crate") || is(at + 1, "super");
        let name = at + 1 + usize::from(restricted);
        if !is(name + 1, ":") || is(name + 2, ":") {
            continue;
        }
        let wrapped = (is(name + 2, "Option") || is(name + 2, "Vec")) && is(name + 3, "<");
        let held = name + 2 + if wrapped { 2 } else { 0 };
        count += usize::from(is(held, "String"));
    }
    count
}
