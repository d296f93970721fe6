//! A domain is named in its own crates and in the listed places, nowhere else.
//!
//! So that what one more domain touches can be counted: the rows below that are shared, most of them by one line.

use crate::{Finding, Tree, crates, shapes, tree};

/// The domains that stand.
const DOMAINS: &[Domain] = &[
    Domain {
        name: "queue",
        own: &[
            "cloud/admin/src/bookings*",
            "cloud/admin/src/queue*",
            "cloud/admin/src/ticket*",
            "cloud/api/src/bookings*",
            "cloud/api/src/queue*",
            "cloud/console/src/bookings_page*",
            "cloud/console/src/branch_page*",
            "cloud/console/src/queue_page*",
            "cloud/public/src/ticket*",
            "cloud/store/src/bookings*",
            "cloud/store/src/queue*",
            "edge/agent/src/branch*",
            "edge/queue-screens/*",
            "edge/queue/*",
            "protocol/src/fact/queue*",
            "protocol/src/queue*",
        ],
        shared: &[
            ("protocol/src/lib.rs", "its module"),
            ("protocol/src/fact.rs", "its facts' rows"),
            ("protocol/src/command/action.rs", "its actions' rows"),
            ("protocol/src/document/kind.rs", "its documents' rows"),
            ("protocol/src/register/kind.rs", "its registers' rows"),
            ("edge/kernel/Cargo.toml", "one line"),
            ("edge/kernel/src/apps.rs", "one line"),
            ("edge/agent/Cargo.toml", "its screens, one line"),
            ("edge/agent/src/areas.rs", "its screens, one line"),
            ("edge/agent/src/commands.rs", "how its actions are asked of it"),
            ("cloud/store/src/lib.rs", "its module"),
            ("cloud/store/src/projections.rs", "its projection, one line"),
            ("cloud/store/src/schema.rs", "its tables"),
            ("cloud/admin/src/lib.rs", "its modules"),
            ("cloud/api/src/lib.rs", "its routes"),
            ("cloud/console/src/lib.rs", "its pages"),
        ],
        // Not to be followed: what stands here knows the queue better than its place allows.
        leftover: &[
            (
                "edge/announce/*",
                "the voice and the signage speak of tickets and services themselves",
            ),
            (
                "edge/kernel/src/port/shims.rs",
                "requests of callers that have not moved to `Port::decide`",
            ),
            (
                "cloud/admin/src/documents.rs",
                "looks into the branch when it is published",
            ),
            ("cloud/relay/*", "until its pages have moved"),
        ],
    },
    Domain {
        name: "prints",
        own: &[
            "edge/agent/src/prints*",
            "edge/prints/*",
            "protocol/src/fact/print*",
            "protocol/src/print*",
        ],
        shared: &[
            ("edge/kernel/Cargo.toml", "one line"),
            ("edge/kernel/src/apps.rs", "one line"),
            ("edge/agent/src/devices.rs", "how its orders are carried out"),
            ("edge/agent/src/main.rs", "its module"),
            ("edge/queue-screens/*", "tickets are printed"),
        ],
        leftover: &[(
            "edge/kernel/src/port/shims.rs",
            "requests of callers that have not moved to `Port::decide`",
        )],
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
    /// Files that name it and should not, and why they do still. The list only grows shorter.
    leftover: &'static [(&'static str, &'static str)],
}

/// Rule: a source or manifest names a domain's crates and modules only where that is its job.
pub fn are_named_where_listed(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for domain in DOMAINS {
        for (path, line) in mentions(tree, domain.name) {
            let places = domain.shared.iter().chain(domain.leftover).map(|(place, _)| place);
            let listed = domain.own.iter().chain(places).any(|place| fits(place, &path));
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
pub fn mentions(tree: &Tree, name: &str) -> Vec<(String, usize)> {
    let words = [name.to_owned(), format!("edge_{name}"), format!("edge_{name}_screens")];
    let is_it = |word: &String| words.contains(word);
    let mut found = Vec::new();
    for (path, _) in tree
        .sources()
        .filter(|(path, _)| shapes::ships(path) && path.contains("/src/") && !tree::is_test(path))
    {
        let mut paths = tree.mentions(path).iter();
        let by_path = paths.find(|path| path.words.iter().any(is_it)).map(|path| path.line);
        let by_module = || {
            let tokens = tree.tokens(path);
            let pair = tokens
                .windows(2)
                .find(|pair| matches!(pair, [word, name] if word.is("mod") && is_it(&name.text)));
            pair.and_then(<[_]>::first).map(|token| token.line)
        };
        found.extend(by_path.or_else(by_module).map(|line| (path.to_owned(), line)));
    }
    let (crates, _) = crates::read(tree);
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
