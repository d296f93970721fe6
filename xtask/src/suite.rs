//! `cargo xtask test`: every check there is, in the order in which they tell most.
//!
//! A check that cannot run is a failure, never a pass.

use crate::cli::Flags;
use crate::place::Place;
use crate::run::Run;
use crate::step::{STEPS, Step};
use crate::step_log::StepLog;
use crate::tally::Tally;
use crate::vm::{self, Board};
use crate::{api, runner, setup};
use anyhow::{Result, bail};
use std::num::NonZeroU32;

/// Runs the steps asked for and prints how long each took.
pub(crate) fn run(place: &Place, flags: &Flags) -> Result<()> {
    let mut step_log = StepLog::open();
    let mut tally = Tally::default();
    for step in steps(flags) {
        step_log.step(step.name(), step.failed(), || perform(place, step, flags, &mut tally))?;
    }
    let ended = step_log.close();
    if tally.counted() {
        println!("{tally}");
    }
    ended
}

/// The steps these flags ask for, in the order they run in.
pub(crate) fn steps(flags: &Flags) -> Vec<Step> {
    let asked = |step: &Step| {
        if flags.only.is_empty() {
            is_asked_for(*step, flags)
        } else {
            flags.only.contains(step)
        }
    };
    STEPS.into_iter().filter(asked).collect()
}

/// Whether a step runs where nobody named steps.
const fn is_asked_for(step: Step, flags: &Flags) -> bool {
    match step {
        Step::Fuzz => flags.fuzz_minutes.is_some(),
        Step::Vm => matches!(flags.board, Board::Always),
        Step::Setup | Step::Fmt | Step::Clippy | Step::Doc | Step::Deny | Step::Build | Step::Test | Step::Api => true,
    }
}

fn perform(place: &Place, step: Step, flags: &Flags, tally: &mut Tally) -> Result<()> {
    match step {
        Step::Setup => setup::run(place),
        Step::Vm => vm::build(place),
        Step::Fmt => Run::cargo(place, "fmt --all --check").go(),
        Step::Clippy => Run::cargo(place, "clippy --workspace --all-targets -- -D warnings").go(),
        Step::Doc => Run::cargo(place, "doc --workspace --no-deps")
            .env("RUSTDOCFLAGS", "-D warnings")
            .go(),
        Step::Deny => deny(place),
        Step::Build => Run::cargo(place, "build --workspace --bins").go(),
        Step::Test => test(place, flags, tally),
        Step::Api => api::run(place),
        Step::Fuzz => fuzz(place, flags.fuzz_minutes),
    }
}

fn test(place: &Place, flags: &Flags, tally: &mut Tally) -> Result<()> {
    let kills = flags.kills.map(|kills| ("OSTONA_KILLS", kills.to_string()));
    let siege = flags.siege.map(|times| ("OSTONA_SIEGE", times.to_string()));
    runner::run(place, &kills.into_iter().chain(siege).collect(), tally)
}

/// Licences, bans and sources need no network. The advisories' database does: where it cannot be had, that is said,
/// and the advisories are unknown, not clean.
fn deny(place: &Place) -> Result<()> {
    let deny = || Run::new(place, place.tool(setup::DENY.name));
    deny().words("check licenses bans sources").go()?;
    match deny().words("fetch db").read() {
        Ok(_) => deny().words("check advisories").go(),
        Err(error) => {
            let error = format!("{error:#}");
            let why = error.lines().last().unwrap_or_default();
            println!("!! ADVISORIES NOT CHECKED: their database cannot be had from here ({why}).");
            Ok(())
        }
    }
}

/// Fuzz targets are tests of bolero's whose path says `fuzz`; tests/tidy sees to that.
fn fuzz(place: &Place, minutes: Option<NonZeroU32>) -> Result<()> {
    let Some(minutes) = minutes else {
        bail!("say how long: --fuzz-minutes N, for each target")
    };
    let run = Run::cargo(place, "test --workspace --no-fail-fast fuzz -- --nocapture");
    run.env("OSTONA_FUZZ", minutes.to_string())
        .env("BOLERO_RANDOM_ITERATIONS", u32::MAX.to_string())
        .env(
            "BOLERO_RANDOM_TEST_TIME_MS",
            (u64::from(minutes.get()) * 60_000).to_string(),
        )
        .go()
}
