//! A domain is named in its own crates and in the listed places, nowhere else.
//!
//! So that what one more domain touches can be counted: the rows below that are shared, most of them by one line.

use crate::crates::{self, Crate};
use crate::{Finding, Tree, shapes, syntax, tokens, tree};

/// The domains that stand.
const DOMAINS: &[Domain] = &[
    Domain {
        name: "queue",
        own: &[
            "cloud/*",
            "edge/agent/*",
            "edge/announce/*",
            "edge/kernel/*",
            "edge/queue-screens/*",
            "edge/queue/*",
            "protocol/*",
        ],
        shared: &[],
    },
    Domain {
        name: "prints",
        own: &[
            "edge/agent/*",
            "edge/kernel/*",
            "edge/prints/*",
            "edge/queue-screens/*",
            "protocol/*",
        ],
        shared: &[],
    },
];

/// A domain and where it may be named.
struct Domain {
    /// As crates and modules call it.
    name: &'static str,
    /// Its own files: crates, and modules of shared crates that hold nothing else.
    own: &'static [&'static str],
    /// Files that it shares with other domains, and what they say of it.
    shared: &'static [(&'static str, &'static str)],
}

/// Rule: a source or manifest names a domain's crates and modules only where that is its job.
pub fn are_named_where_listed(tree: &Tree) -> Vec<Finding> {
    let (crates, _) = crates::read(tree);
    let mut findings = Vec::new();
    for domain in DOMAINS {
        for (path, line) in mentions(tree, &crates, domain) {
            let listed =
                domain.own.iter().any(|own| fits(own, &path)) || domain.shared.iter().any(|(file, _)| *file == path);
            if !listed {
                let says = format!(
                    "names the domain {}. Hand the thing in through a table of tests/tidy/src/domains.rs, or move the code \
                     to the domain's own crates.",
                    domain.name
                );
                findings.push(Finding::at_line(&path, line, says));
            }
        }
    }
    findings
}

/// How many shared files a domain touches: what one more would have to.
pub fn shared_by(name: &str) -> usize {
    let domain = DOMAINS.iter().find(|domain| domain.name == name);
    domain.map_or(0, |domain| domain.shared.len())
}

/// Every shipped file that names it, with the first line that does.
fn mentions(tree: &Tree, crates: &[Crate], domain: &Domain) -> Vec<(String, usize)> {
    let words = [
        domain.name.to_owned(),
        format!("edge_{}", domain.name),
        format!("edge_{}_screens", domain.name),
    ];
    let is_it = |word: &String| words.contains(word);
    let mut found = Vec::new();
    for (path, text) in tree
        .sources()
        .filter(|(path, _)| shapes::ships(path) && !tree::is_test(path))
    {
        let paths = syntax::mentions(text).into_iter();
        let by_path = paths
            .filter(|path| path.words.iter().any(is_it))
            .map(|path| path.line)
            .next();
        let by_module = || {
            let tokens = tokens::read(path, text);
            let pair = tokens
                .windows(2)
                .find(|pair| matches!(pair, [word, name] if word.is("mod") && is_it(&name.text)));
            pair.and_then(<[_]>::first).map(|token| token.line)
        };
        found.extend(by_path.or_else(by_module).map(|line| (path.to_owned(), line)));
    }
    let packages = words.map(|word| word.replace('_', "-"));
    for one in crates.iter().filter(|one| shapes::ships(&one.folder)) {
        if one
            .dependencies
            .iter()
            .any(|dependency| packages.contains(&dependency.package))
        {
            found.push((format!("{}/Cargo.toml", one.folder), 1));
        }
    }
    found
}

/// Whether a path fits a pattern in which `*` stands for anything, folders included.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => path
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| fits(after, rest)))),
    }
}
