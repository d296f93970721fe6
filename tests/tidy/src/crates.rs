//! The workspace's crates as their manifests describe them, and how packages are named.
//!
//! A package's name is its path with dashes; the product's name appears in binaries only.

use crate::{Finding, Tree};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// When a dependency is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[dependencies]`, `[build-dependencies]` and the same per target: what ships or builds what ships.
    Shipped,
    /// `[dev-dependencies]`.
    Dev,
}

/// A dependency as the manifest names it.
#[derive(Debug)]
pub struct Dependency {
    /// The package's name, `package = "…"` looked through.
    pub package: String,
    /// When it is in force.
    pub kind: Kind,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Crate {
    /// Its folder from the root, e.g. `edge/journal`.
    pub folder: String,
    /// Its package's name.
    pub package: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// Every crate of the tree, and the manifests that are no TOML.
pub fn read(tree: &Tree) -> (Vec<Crate>, Vec<Finding>) {
    let mut crates = Vec::new();
    let mut findings = Vec::new();
    for (path, text) in tree.ending("/Cargo.toml") {
        let folder = path.trim_end_matches("/Cargo.toml");
        match text.parse::<Table>() {
            Ok(manifest) => crates.extend(describe(folder, &manifest)),
            Err(error) => findings.push(Finding::at(path, format!("is no TOML: {error}"))),
        }
    }
    (crates, findings)
}

/// The folder of each package of the workspace, by package name.
pub fn folders(crates: &[Crate]) -> BTreeMap<&str, &str> {
    crates
        .iter()
        .map(|one| (one.package.as_str(), one.folder.as_str()))
        .collect()
}

fn describe(folder: &str, manifest: &Table) -> Option<Crate> {
    let package = manifest.get("package")?.get("name")?.as_str()?.to_owned();
    let mut dependencies = Vec::new();
    gather(manifest, &mut dependencies);
    for target in manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
    {
        target.as_table().inspect(|target| gather(target, &mut dependencies));
    }
    Some(Crate {
        folder: folder.to_owned(),
        package,
        dependencies,
    })
}

fn gather(section: &Table, into: &mut Vec<Dependency>) {
    let kinds = [
        ("dependencies", Kind::Shipped),
        ("build-dependencies", Kind::Shipped),
        ("dev-dependencies", Kind::Dev),
    ];
    for (key, kind) in kinds {
        for (name, value) in section.get(key).and_then(Value::as_table).into_iter().flatten() {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned();
            into.push(Dependency { package, kind });
        }
    }
}

/// Rule: a package's name is its path with dashes. What lies in `adapters` is an `adapter-…`.
pub fn named_after_their_path(tree: &Tree) -> Vec<Finding> {
    let (crates, mut findings) = read(tree);
    for one in crates {
        let expected = match one.folder.strip_prefix("adapters/") {
            Some(family) => format!("adapter-{family}"),
            None => one.folder.replace('/', "-"),
        };
        if one.package != expected {
            let says = format!(
                "the package is called {}. Call it {expected}: the path with dashes.",
                one.package
            );
            findings.push(Finding::at(format!("{}/Cargo.toml", one.folder), says));
        }
        if one.folder.matches('/').count() > 1 {
            findings.push(Finding::at(
                one.folder,
                "lies more than one level deep. Crates are one level deep; deeper is a module.",
            ));
        }
    }
    findings
}
