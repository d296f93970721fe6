//! The command line of `cargo xtask`.

use crate::{step::Step, vm::Board};
use std::num::{NonZeroU32, ParseIntError};

/// What `cargo xtask help` says.
pub(crate) const USAGE: &str = "\
cargo xtask test  [--only STEP]… [--vm] [--kills N] [--siege N] [--fuzz-minutes N]
                  sets up what it needs and runs everything; STEP is one of
                  setup, vm, fmt, clippy, doc, deny, build, test, api, fuzz;
                  --vm builds the kernel of a small virtual board, once, for the tests of pins and USB
cargo xtask demo  [ARGS]     a site that lives: cloud, edge, two terminals, staff; Ctrl-C ends it
cargo xtask bench [ARGS]     measures a release build and names the machine
cargo xtask setup            installs what tests need: Debian packages, Python environments, cargo-deny
cargo xtask cross            builds the edge for 64-bit ARM, by the recipe in cross.toml";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Say what there is.
    Help,
    /// Install what tests need.
    Setup,
    /// Run everything.
    Test(Flags),
    /// Play the demo; the words go to it as they are.
    Demo(Vec<String>),
    /// Measure; the words go to the benches as they are.
    Bench(Vec<String>),
    /// Build for ARM.
    Cross,
}

/// How much of the suite, and how hard.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// Only these steps; none: all.
    pub(crate) only: Vec<Step>,
    /// Whether the kernel of the virtual board is built.
    pub(crate) board: Board,
    /// How often processes are killed under load; none: as often as the tests say themselves.
    pub(crate) kills: Option<NonZeroU32>,
    /// How many times as large as usual each siege is.
    pub(crate) siege: Option<NonZeroU32>,
    /// Minutes of fuzzing for each target, on top of the bounded run that is part of the tests.
    pub(crate) fuzz_minutes: Option<NonZeroU32>,
}

/// Why a command line is none of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// No such task.
    #[error("there is no task {0}\n{USAGE}")]
    Task(String),
    /// No such flag.
    #[error("{task} has no flag {flag}\n{USAGE}")]
    Flag {
        /// The task.
        task: &'static str,
        /// The word.
        flag: String,
    },
    /// A flag at the end of the line.
    #[error("{0} needs a value")]
    Value(&'static str),
    /// No such step.
    #[error("there is no step {0}\n{USAGE}")]
    Step(String),
    /// Not a number from 1.
    #[error("{flag} takes a number from 1")]
    Number {
        /// The flag.
        flag: &'static str,
        /// Why not.
        #[source]
        source: ParseIntError,
    },
}

/// Reads the words after `cargo xtask`.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Task, CliError> {
    let Some(task) = words.next() else {
        return Ok(Task::Help);
    };
    match task.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "test" => flags(words).map(Task::Test),
        "demo" => Ok(Task::Demo(words.collect())),
        "bench" => Ok(Task::Bench(words.collect())),
        "setup" => alone("setup", Task::Setup, words),
        "cross" => alone("cross", Task::Cross, words),
        _ => Err(CliError::Task(task)),
    }
}

fn alone(name: &'static str, task: Task, mut words: impl Iterator<Item = String>) -> Result<Task, CliError> {
    match words.next() {
        None => Ok(task),
        Some(flag) => Err(CliError::Flag { task: name, flag }),
    }
}

fn flags(mut words: impl Iterator<Item = String>) -> Result<Flags, CliError> {
    let mut flags = Flags::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--only" => {
                let name = words.next().ok_or(CliError::Value("--only"))?;
                flags.only.push(Step::named(&name).ok_or(CliError::Step(name))?);
            }
            "--vm" => flags.board = Board::Always,
            "--kills" => flags.kills = Some(number("--kills", words.next())?),
            "--siege" => flags.siege = Some(number("--siege", words.next())?),
            "--fuzz-minutes" => flags.fuzz_minutes = Some(number("--fuzz-minutes", words.next())?),
            _ => {
                return Err(CliError::Flag {
                    task: "test",
                    flag: word,
                });
            }
        }
    }
    Ok(flags)
}

fn number(flag: &'static str, word: Option<String>) -> Result<NonZeroU32, CliError> {
    word.ok_or(CliError::Value(flag))?
        .parse()
        .map_err(|source| CliError::Number { flag, source })
}
