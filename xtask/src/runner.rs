//! Every test of the workspace: built once, then its binaries run side by side where they mostly wait.
//!
//! What measures time or drives a browser has the machine to itself. The output of a binary is shown in one piece when it
//! has ended, the runner's own summary line at its end; what failed is named once more after the last.

mod binary;

use crate::clock::Since;
use crate::place::Place;
use crate::run::Run;
use crate::tally::Tally;
use anyhow::{Context as _, Result, bail};
pub(crate) use binary::Binary;
use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{fs, thread};

/// How many run at once.
const SIDE_BY_SIDE: usize = 2;

/// Environment of the tests, beside what they find.
pub(crate) type Environment = Vec<(&'static str, String)>;

/// What a binary came to.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its name as it is shown.
    pub(crate) name: String,
    /// Everything it printed.
    pub(crate) output: String,
    /// Whether it ended well.
    pub(crate) result: Result<()>,
}

/// Builds every test, runs every binary and then the examples in the documentation.
pub(crate) fn run(place: &Place, environment: &Environment, tally: &mut Tally) -> Result<()> {
    let binaries = build(place)?;
    let (alone, together): (Vec<_>, Vec<_>) = binaries.into_iter().partition(Binary::is_alone);
    let mut failures = Vec::new();
    for (binaries, at_once) in [(together, SIDE_BY_SIDE), (alone, 1)] {
        failures.extend(run_all(place, environment, binaries, at_once, tally)?);
    }
    let documentation = Run::cargo(place, "test --workspace --doc --no-fail-fast");
    if let Err(error) = documentation.go_reading(|line| tally.read(line)) {
        failures.push(format!("documentation: {error:#}"));
    }
    if !failures.is_empty() {
        println!("\nfailures:");
        for failure in &failures {
            println!("    {failure}");
        }
        bail!("{} of the test binaries failed", failures.len());
    }
    Ok(())
}

fn build(place: &Place) -> Result<Vec<Binary>> {
    let words = "test --workspace --no-run --message-format json-render-diagnostics";
    let messages = Run::cargo(place, words).go_taking()?;
    let mut binaries: Vec<Binary> = messages.lines().filter_map(Binary::of).collect();
    if binaries.is_empty() {
        bail!("cargo names no test binary");
    }
    binaries.sort();
    Ok(binaries)
}

/// Runs them, so many at once; gives what failed.
fn run_all(
    place: &Place,
    environment: &Environment,
    binaries: Vec<Binary>,
    at_once: usize,
    tally: &mut Tally,
) -> Result<Vec<String>> {
    let logs = place.target().join("test-output");
    fs::create_dir_all(&logs).with_context(|| format!("making {}", logs.display()))?;
    let waiting = Mutex::new(VecDeque::from(binaries));
    let ended = Mutex::new((tally, Vec::new()));
    thread::scope(|scope| {
        for worker in 0..at_once {
            let log = logs.join(format!("{worker}.log"));
            let (waiting, ended) = (&waiting, &ended);
            scope.spawn(move || {
                while let Some(binary) = next(waiting) {
                    let one = start(&binary, environment, &log);
                    if let Ok(mut ended) = ended.lock() {
                        let (tally, failures) = &mut *ended;
                        show(&one, tally);
                        failures.extend(failure(&one));
                    }
                }
            });
        }
    });
    let (_, failures) = ended.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(failures)
}

fn next(waiting: &Mutex<VecDeque<Binary>>) -> Option<Binary> {
    waiting.lock().ok()?.pop_front()
}

fn start(binary: &Binary, environment: &Environment, log: &Path) -> Ended {
    let since = Since::now();
    let result = execute(binary, environment, log);
    // A process of a process may still hold the file: it is read as far as it is written.
    let output = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ended {
        name: format!("{binary}, {}", since.took()),
        output: output.unwrap_or_default(),
        result,
    }
}

fn execute(binary: &Binary, environment: &Environment, log: &Path) -> Result<()> {
    let file = File::create(log).with_context(|| format!("making {}", log.display()))?;
    let again = file.try_clone().context("sharing the output's file")?;
    let mut command = Command::new(&binary.executable);
    command
        .current_dir(&binary.folder)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(again);
    command.env("CARGO_MANIFEST_DIR", &binary.folder);
    command.envs(environment.iter().map(|(key, value)| (key, value)));
    let status = command.status().with_context(|| format!("cannot start {binary}"))?;
    if !status.success() {
        bail!("{binary} ended with {status}");
    }
    Ok(())
}

fn show(ended: &Ended, tally: &mut Tally) {
    println!("     Running {}", ended.name);
    for line in ended.output.lines() {
        println!("{line}");
        tally.read(line);
    }
}

/// What is said of a binary that failed: why, and which of its tests.
pub(crate) fn failure(ended: &Ended) -> Option<String> {
    let error = ended.result.as_ref().err()?;
    let failed = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    let tests: Vec<String> = ended.output.lines().filter_map(failed).collect();
    Some(if tests.is_empty() {
        format!("{error:#}")
    } else {
        format!("{error:#}: {}", tests.join(", "))
    })
}
