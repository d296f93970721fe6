//! `ostona-bench`: what the project promises in figures, measured side by side. Started by `cargo xtask bench`.
//!
//! Nothing here passes or fails: an aim that is missed is told as it is. The report goes to the standard output, what
//! is going on to the standard error.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks to the terminal")]

mod acks;
mod backfill;
mod bench_dir;
mod crowd;
mod desk;
mod disk;
mod figures;
mod fleet;
mod gate;
mod ingest;
mod kiosk;
mod latency;
mod load;
mod member;
mod memory;
mod metrics;
mod mixed;
mod mosquitto;
mod paper;
mod payload;
mod procfs;
mod screens;
mod section;
mod startup;
#[cfg(test)]
mod tests;
mod tickets;
mod timing;
mod upload;
mod writes;

use anyhow::{Context as _, Result, bail};
use bench_dir::BenchDir;
use section::Section;
use std::process::ExitCode;
use tokio::{runtime::Runtime, time::Instant};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bench {
    Acks,
    Writes,
    Memory,
    Ingest,
    Latency,
    Startup,
    Fleet,
    Backfill,
    Gate,
    Paper,
    Kiosk,
    Desk,
    Screens,
    Tickets,
}

impl Bench {
    const ALL: [Bench; 14] = [
        Bench::Acks,
        Bench::Writes,
        Bench::Memory,
        Bench::Ingest,
        Bench::Latency,
        Bench::Startup,
        Bench::Fleet,
        Bench::Backfill,
        Bench::Gate,
        Bench::Paper,
        Bench::Kiosk,
        Bench::Desk,
        Bench::Screens,
        Bench::Tickets,
    ];

    const fn name(self) -> &'static str {
        match self {
            Bench::Acks => "acks",
            Bench::Writes => "writes",
            Bench::Memory => "memory",
            Bench::Ingest => "ingest",
            Bench::Latency => "latency",
            Bench::Startup => "startup",
            Bench::Fleet => "fleet",
            Bench::Backfill => "backfill",
            Bench::Gate => "gate",
            Bench::Paper => "paper",
            Bench::Kiosk => "kiosk",
            Bench::Desk => "desk",
            Bench::Screens => "screens",
            Bench::Tickets => "tickets",
        }
    }

    async fn run(self) -> Result<Section> {
        let bench_dir = BenchDir::take()?;
        match self {
            Bench::Acks => acks::run(&bench_dir).await,
            Bench::Writes => writes::run(&bench_dir).await,
            Bench::Memory => memory::run(&bench_dir).await,
            Bench::Ingest => ingest::run(&bench_dir).await,
            Bench::Latency => latency::run(&bench_dir).await,
            Bench::Startup => startup::run(&bench_dir).await,
            Bench::Fleet => fleet::run(&bench_dir).await,
            Bench::Backfill => backfill::run(&bench_dir).await,
            Bench::Gate => gate::run(&bench_dir).await,
            Bench::Paper => paper::run(&bench_dir).await,
            Bench::Kiosk => kiosk::run(&bench_dir).await,
            Bench::Desk => desk::run(&bench_dir).await,
            Bench::Screens => screens::run(&bench_dir).await,
            Bench::Tickets => tickets::run(&bench_dir).await,
        }
    }
}

fn main() -> ExitCode {
    let ran = asked(std::env::args().skip(1)).and_then(|benches| {
        let runtime = Runtime::new().context("starting tokio")?;
        runtime.block_on(measure(&benches))
    });
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Each bench for itself: one that breaks down does not take the others' figures with it.
async fn measure(benches: &[Bench]) -> Result<()> {
    let mut broken = Vec::new();
    for bench in benches {
        eprintln!("{} …", bench.name());
        let began = Instant::now();
        match Box::pin(bench.run()).await {
            Ok(section) => println!("{}", section.text()),
            Err(error) => {
                eprintln!("{} broke down: {error:#}", bench.name());
                broken.push(bench.name());
            }
        }
        eprintln!("{} took {} s", bench.name(), began.elapsed().as_secs());
    }
    if !broken.is_empty() {
        bail!("no figures for {}", broken.join(", "));
    }
    Ok(())
}

/// The benches that are named; all where none is.
fn asked(words: impl Iterator<Item = String>) -> Result<Vec<Bench>> {
    let named = words.map(|word| {
        let found = Bench::ALL.into_iter().find(|bench| bench.name() == word);
        let names = || Bench::ALL.map(Bench::name).join(", ");
        found.with_context(|| format!("there is no bench {word}; there are {}", names()))
    });
    let named: Vec<Bench> = named.collect::<Result<_>>()?;
    Ok(if named.is_empty() { Bench::ALL.to_vec() } else { named })
}
