//! `ostona-demo`: a site that lives, on one machine: cloud, edge, two terminals, staff. Started by `cargo xtask demo`.
//!
//! It uses what anybody can use: the programs as they are built, and the REST API. Nothing it starts outlives it.
#![allow(clippy::print_stdout, reason = "a demo talks to the terminal")]

mod branch;
mod building;
mod cloud;
mod edge;
mod live;
mod rest;
mod site;
mod story;
#[cfg(test)]
mod tests;

use anyhow::{Context as _, Result, bail};
use site::Site;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// What the command line says.
#[derive(Debug)]
struct DemoOptions {
    /// Where everything of this demo lies; emptied first.
    dir: PathBuf,
    /// When to end by itself; none: never.
    seconds: Option<u64>,
}

fn main() -> ExitCode {
    let played = parse(std::env::args().skip(1)).and_then(|wish| {
        let runtime = Runtime::new().context("starting tokio")?;
        let played = runtime.block_on(play(&wish));
        // A read of the keyboard may still be waiting; it must not keep the demo alive.
        runtime.shutdown_background();
        played
    });
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nThe demo ended: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(wish: &DemoOptions) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut site = tokio::select! {
        site = Site::open(&wish.dir) => site?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let over = Duration::from_secs(wish.seconds.unwrap_or(u64::from(u32::MAX)));
    let lived = tokio::select! {
        lived = site.live() => lived,
        () = tokio::time::sleep(over) => Ok(()),
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    println!("\nEnding…");
    site.close().await?;
    println!(
        "What the programs logged is in artefacts/demo, their state in {}.",
        wish.dir.display()
    );
    lived
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<DemoOptions> {
    let mut wish = DemoOptions {
        dir: PathBuf::from(".cache/demo"),
        seconds: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--dir" => wish.dir = PathBuf::from(value),
            "--seconds" => wish.seconds = Some(value.parse().context("reading --seconds")?),
            _ => bail!("the demo knows --dir FOLDER and --seconds N, not {word}"),
        }
    }
    Ok(wish)
}
