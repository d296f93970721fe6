//! No circle of files: within a crate, what a file stands on never stands on that file.
//!
//! An arrow leads from a file to the file that defines what it names, by a path from `crate`, `super`, `self` or a module of
//! its own. A `mod` line is no arrow, nor is a `pub use`: whoever names what is passed on points at the file that defines it.
//! Tests, and what stands behind `#[cfg(test)]`, have no arrows.

use crate::syntax::{Mention, PassesOn};
use crate::{Finding, Tree, crates, tree};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Crates that have some still, and how many of their files stand in circles. The list only grows shorter.
const NOT_YET: &[(&str, usize)] = &[
    ("edge/agent", 7),
    ("edge/announce", 2),
    ("edge/broker", 5),
    ("edge/journal", 7),
    ("edge/kiosk", 3),
    ("edge/lan", 12),
    ("edge/queue", 2),
    ("edge/queue-screens", 25),
    ("edge/uplink", 4),
    ("protocol", 2),
];

/// Rule: no circle of files in what ships.
pub fn of_files_are_none(tree: &Tree) -> Vec<Finding> {
    let (crates, mut findings) = crates::read(tree);
    for one in &crates {
        let circles = circles(tree, &one.folder);
        let known = NOT_YET.iter().find(|(folder, _)| *folder == one.folder);
        let most = known.map_or(0, |(_, files)| *files);
        if circles.iter().map(|circle| circle.files).sum::<usize>() <= most {
            continue;
        }
        for circle in circles {
            let first = circle.way.first().map_or_else(|| one.folder.clone(), Clone::clone);
            let says = format!(
                "stands in a circle of {} files: {}. Move what both ends need to a file of its own.",
                circle.files,
                circle.way.join(" → ")
            );
            findings.push(Finding::at(first, says));
        }
    }
    findings
}

/// A circle.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    /// How many files stand in it.
    pub files: usize,
    /// A shortest way round, its first file at both ends.
    pub way: Vec<String>,
}

/// The circles of a crate.
pub fn circles(tree: &Tree, folder: &str) -> Vec<Circle> {
    let sources = format!("{folder}/src/");
    let files: BTreeMap<Vec<String>, File<'_>> = tree
        .sources()
        .filter(|(path, _)| path.starts_with(&sources) && !tree::is_test(path))
        .map(|(path, _)| {
            let mentions = tree.mentions(path);
            (
                module_of(path.trim_start_matches(&sources)),
                File {
                    path: path.to_owned(),
                    mentions,
                },
            )
        })
        .collect();
    let modules = Modules(files);
    let arrows = modules.arrows();
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|from| (*from, reached(&arrows, from))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|all| all.contains(to));
    let mut known = BTreeSet::new();
    let mut circles = Vec::new();
    for from in arrows.keys().filter(|from| reaches(from, from)) {
        if known.contains(from) {
            continue;
        }
        let together: BTreeSet<&str> = arrows
            .keys()
            .filter(|to| reaches(from, to) && reaches(to, from))
            .copied()
            .collect();
        circles.push(Circle {
            files: together.len(),
            way: shortest(&arrows, from),
        });
        known.extend(together);
    }
    circles
}

/// Files by the files they point at.
type Arrows<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

struct File<'a> {
    path: String,
    mentions: &'a [Mention],
}

/// The files of a crate by module path; the binary's root beside the library's is `main`.
struct Modules<'a>(BTreeMap<Vec<String>, File<'a>>);

/// How often a name may be passed on.
const HOPS: usize = 8;

impl Modules<'_> {
    fn arrows(&self) -> Arrows<'_> {
        let mut arrows = Arrows::new();
        for (module, file) in &self.0 {
            let to = arrows.entry(file.path.as_str()).or_default();
            for mention in file.mentions.iter().filter(|mention| mention.passes_on == PassesOn::No) {
                let from: Vec<String> = module.iter().chain(&mention.within).cloned().collect();
                let target = self
                    .absolute(&from, &mention.words)
                    .and_then(|words| self.definer(&words, HOPS));
                to.extend(target.filter(|target| *target != file.path));
            }
        }
        arrows
    }

    /// The path from the crate's root; none where it is another crate's.
    fn absolute(&self, from: &[String], words: &[String]) -> Option<Vec<String>> {
        let from = if from.first().is_some_and(|word| word == "main") {
            from.get(1..)?
        } else {
            from
        };
        let (first, rest) = words.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            _ => {
                let child: Vec<String> = from.iter().chain([first]).cloned().collect();
                self.0.contains_key(&child).then_some(child)?
            }
        };
        for word in rest {
            if word == "super" {
                base.pop();
            } else {
                base.push(word.clone());
            }
        }
        Some(base)
    }

    /// The file that defines what this path names.
    fn definer(&self, words: &[String], hops: usize) -> Option<&str> {
        let (module, file) = (0..=words.len())
            .rev()
            .find_map(|length| self.0.get_key_value(words.get(..length)?))?;
        let name = words.get(module.len());
        let passed = name.and_then(|name| {
            file.mentions
                .iter()
                .find(|mention| mention.within.is_empty() && mention.brings.as_ref() == Some(name))
        });
        let further = passed.filter(|_| hops > 0).and_then(|mention| {
            let mut target = self.absolute(module, &mention.words)?;
            target.extend(words.iter().skip(module.len() + 1).cloned());
            self.definer(&target, hops - 1)
        });
        match (passed, further) {
            // Passed on from another crate: nobody of ours defines it.
            (Some(_), None) => None,
            (_, Some(further)) => Some(further),
            (None, None) => Some(&file.path),
        }
    }
}

/// `kernel/commit.rs` → `kernel`, `commit`.
fn module_of(source: &str) -> Vec<String> {
    let stem = source.trim_end_matches(".rs");
    let words = stem.split('/').map(str::to_owned);
    if stem == "lib" { Vec::new() } else { words.collect() }
}

fn reached<'a>(arrows: &Arrows<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = arrows.get(from).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(arrows.get(next).into_iter().flatten());
        }
    }
    found
}

fn shortest(arrows: &Arrows<'_>, from: &str) -> Vec<String> {
    let mut ways: VecDeque<Vec<&str>> = VecDeque::from([vec![from]]);
    let mut known = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().and_then(|last| arrows.get(last)).into_iter().flatten() {
            let further: Vec<&str> = way.iter().chain([next]).copied().collect();
            if *next == from {
                return further.into_iter().map(str::to_owned).collect();
            }
            if known.insert(*next) {
                ways.push_back(further);
            }
        }
    }
    Vec::new()
}
