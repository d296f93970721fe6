//! The house rules as tests: arrows, circles, owners, headers, sizes, names, words, types, domains, purity.
//!
//! A rule reads files and nothing else, and says what to do about what it finds. A rule that cannot fail is no rule:
//! each one is tried on a small made-up tree that breaks it.

pub mod apps;
pub mod arrows;
pub mod asyncapi;
pub mod circles;
pub mod crates;
pub mod domains;
pub mod files;
pub mod fuzz;
pub mod howto;
pub mod map;
pub mod marks;
pub mod owners;
pub mod pattern;
pub mod purity;
pub mod shapes;
pub mod syntax;
pub mod threats;
pub mod tokens;
pub mod tree;
pub mod types;
pub mod words;

pub use tree::Tree;

use std::fmt;

/// A place that breaks a rule, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the workspace's root, with `:line` where there is one.
    pub place: String,
    /// What is wrong and what to do, one sentence each.
    pub says: String,
}

impl Finding {
    /// A finding about a whole file or folder.
    pub fn at(place: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            says: says.into(),
        }
    }
    /// A finding about one line, counted from 1.
    pub fn at_line(path: &str, line: usize, says: impl Into<String>) -> Self {
        Self {
            place: format!("{path}:{line}"),
            says: says.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.says)
    }
}

/// A house rule: reads a tree, finds what breaks it.
pub type Rule = fn(&Tree) -> Vec<Finding>;

#[cfg(test)]
mod tests;
