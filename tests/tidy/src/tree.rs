//! A directory tree as the rules see it: the texts they read, by path from the root.
//!
//! What is made and not written (`target`, `.cache`, …) is not part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folders that hold what tools made.
const SKIPPED: [&str; 5] = ["target", ".git", ".cache", "artefacts", "node_modules"];

/// The files of a tree: Rust sources, manifests and pages, with `/` between folders whatever the system.
#[derive(Debug)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    files: Vec<String>,
    folders: Vec<String>,
}

/// Why a tree could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Tree {
    /// Reads the tree below `root`.
    pub fn read(root: &Path) -> Result<Self, ReadError> {
        let mut tree = Self {
            texts: BTreeMap::new(),
            files: Vec::new(),
            folders: Vec::new(),
        };
        tree.take(root, "")?;
        Ok(tree)
    }

    fn take(&mut self, folder: &Path, prefix: &str) -> Result<(), ReadError> {
        let failed = |source| ReadError {
            path: folder.to_owned(),
            source,
        };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = format!("{prefix}{name}");
            if entry.file_type().map_err(failed)?.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    self.take(&entry.path(), &format!("{path}/"))?;
                    self.folders.push(path);
                }
            } else if is_read(&name) {
                let text = fs::read_to_string(entry.path()).map_err(|source| ReadError {
                    path: entry.path(),
                    source,
                })?;
                self.files.push(path.clone());
                self.texts.insert(path, text);
            } else {
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// Path and text of each Rust source, in order of path.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(".rs")
    }
    /// Path and text of each file with this ending, in order of path.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .filter(move |(path, _)| path.ends_with(ending))
    }
    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }
    /// Every file and every folder, read or not.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().chain(&self.folders).map(String::as_str)
    }
    /// Every folder.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().map(String::as_str)
    }
}

fn is_read(name: &str) -> bool {
    [".rs", ".toml", ".md", ".yaml"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Whether a source holds tests only: `tests.rs`, or anything in a folder `tests` of a crate, or in a crate of `tests/`.
pub fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').rev().skip(1).any(|folder| folder == "tests")
}

/// The folder of the crate a source belongs to.
pub fn crate_of(path: &str) -> &str {
    path.split_once("/src/").map_or(path, |(folder, _)| folder)
}
