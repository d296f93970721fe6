//! `cargo xtask`: everything that is done with this repository beyond compiling it.
//!
//! Never part of what ships, and never needed to build it.
#![allow(clippy::print_stdout, reason = "a command of the terminal talks to the terminal")]

mod api;
mod bench;
mod child;
mod cli;
mod clock;
mod cross;
mod demo;
mod machine;
mod place;
mod run;
mod runner;
mod setup;
mod step;
mod step_log;
mod suite;
mod tally;
mod vm;

use anyhow::Result;
use cli::Task;
use place::Place;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse(std::env::args().skip(1))
        .map_err(anyhow::Error::from)
        .and_then(|task| perform(&task))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<()> {
    if *task == Task::Help {
        println!("{}", cli::USAGE);
        return Ok(());
    }
    let place = Place::find()?;
    match task {
        Task::Help => Ok(()),
        Task::Setup => setup::run(&place),
        Task::Test(flags) => suite::run(&place, flags),
        Task::Demo(args) => demo::run(&place, args),
        Task::Bench(args) => bench::run(&place, args),
        Task::Cross => cross::run(&place),
    }
}

#[cfg(test)]
mod tests;
