//! Pure crates stay pure: no IO, no clock, no async in the protocol and the apps.
//!
//! What they need of the world comes in as an argument, so that a restart, a replay and a simulation are one mechanism.

use crate::{Finding, Tree, apps, crates, tokens, tree};

/// What would read the world or change it.
const IMPURE: &[&str] = &[
    "tokio",
    "async_trait",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "fs",
    "net",
    "SystemTime",
    "Instant",
    "Mutex",
    "RwLock",
    "getrandom",
];

/// Libraries that would.
const IMPURE_LIBRARIES: &[&str] = &[
    "tokio",
    "async-trait",
    "getrandom",
    "rand",
    "reqwest",
    "hyper",
    "axum",
    "rustix",
    "libc",
];

/// Rule: a pure crate's code mentions nothing that reads or changes the world. Its tests may read fixtures.
pub fn keep_the_world_out(tree: &Tree) -> Vec<Finding> {
    let (crates, mut findings) = crates::read(tree);
    for one in crates.iter().filter(|one| apps::is_pure(&one.folder)) {
        for dependency in one
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == crates::Kind::Shipped)
        {
            if IMPURE_LIBRARIES.contains(&dependency.package.as_str()) {
                let says = format!("{} is pure and must not depend on {}.", one.folder, dependency.package);
                findings.push(Finding::at(format!("{}/Cargo.toml", one.folder), says));
            }
        }
        let sources = format!("{}/src/", one.folder);
        for (path, _) in tree
            .sources()
            .filter(|(path, _)| path.starts_with(&sources) && !tree::is_test(path))
        {
            findings.extend(mentions(tree, path));
        }
    }
    findings
}

fn mentions(tree: &Tree, path: &str) -> Vec<Finding> {
    let tokens = tree.tokens(path);
    // Addresses as values: `core` opens no socket.
    let addresses: Vec<_> = tokens::find(tokens, "core::net").map(|token| token.line).collect();
    let found = IMPURE
        .iter()
        .flat_map(|impure| tokens::find(tokens, impure).map(move |token| (token.line, *impure)));
    found
        .filter(|(line, impure)| *impure != "net" || !addresses.contains(line))
        .map(|(line, impure)| {
            let says = format!("mentions {impure}. This crate is pure: take time, randomness and IO in as arguments.");
            Finding::at_line(path, line, says)
        })
        .collect()
}
