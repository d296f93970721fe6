//! Memory of the whole edge, idle and with a million unsent events, and how soon it is back after a kill.

use crate::{
    bench_dir::{self, BenchDir, pid_of},
    figures::{Samples, told},
    load::{LoadClients, Shape},
    payload, procfs,
    section::{Section, row},
};
use anyhow::{Context as _, Result};
use edge_journal::{Journal, JournalOptions};
use protocol::{DeviceId, Epoch, Lane, topic::Leaf};
use std::time::Duration;
use tests_site::edge::Edge;
use tokio::time::{Instant, sleep};

/// Events that wait for a cloud.
pub(crate) const MILLION: u64 = 1_000_000;
const STEPS: u64 = 10;
/// How often it is killed and opened.
const KILLS: usize = 10;
/// What it does before each kill.
const BEFORE_A_KILL: u64 = 2_000;
const BUSY: Shape = Shape {
    clients: 50,
    in_flight: 20,
};

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("The edge, whole process")?;
    let devices = bench_dir::devices(50)?;
    let mut edge = bench_dir.edge("memory", &devices, None)?;
    edge.start().await?;
    let pid = pid_of(&mut edge)?;
    sleep(Duration::from_secs(10)).await;
    let idle = procfs::resident(pid)?;
    let rising = fill(&mut edge, &devices, MILLION).await?;
    sleep(Duration::from_secs(5)).await;
    let (full, peak) = (procfs::resident(pid)?, procfs::peak(pid)?);
    let (mut opened, mut back) = (Samples::default(), Samples::default());
    for _ in 0..KILLS {
        edge.kill().await?;
        opened.add(open_journal(&edge)?);
        edge.start().await?;
        fill(&mut edge, &devices, BEFORE_A_KILL).await?;
        edge.kill().await?;
        let began = Instant::now();
        edge.start().await?;
        back.add(began.elapsed().as_secs_f64() * 1000.0);
        fill(&mut edge, &devices, BEFORE_A_KILL).await?;
    }
    let after_kills = procfs::resident(pid_of(&mut edge)?)?;
    edge.stop().await?;
    section.says(&format!(
        "50 devices; 1,000,000 facts of 256 B at full speed, none of them sent. After each 100,000 it had, in MiB: {}. \
         {KILLS} kills (kill -9 under load) for each figure of the reopening; the page cache is warm.",
        rising.join(", ")
    ));
    let mib = |value: f64| format!("{} MiB", told(value));
    let rows = [
        row!["resident, idle", mib(idle), "≤ 32 MiB"],
        row!["resident after 1,000,000 events", mib(full), "≤ 32 MiB, flat"],
        row!["the most that was ever resident", mib(peak), "–"],
        row!["resident after the last reopening", mib(after_kills), "≤ 32 MiB"],
        row![
            "opening the journal after a kill, 1,000,000 unsent, ms",
            opened,
            "≤ 200 ms"
        ],
        row![
            "from exec to `ready` after a kill, 1,000,000 unsent, ms",
            back,
            "≤ 200 ms"
        ],
    ];
    section.table(&["what", "figure", "aim"], &rows);
    Ok(section)
}

/// Publishes so many facts; gives the memory after each tenth.
pub(crate) async fn fill(edge: &mut Edge, devices: &[DeviceId], count: u64) -> Result<Vec<String>> {
    let pid = pid_of(edge)?;
    let mut volley = LoadClients::begin(edge.mqtt()?, devices, BUSY, Leaf::Fact, payload::fact).await?;
    let mut rising = Vec::new();
    for step in 1..=STEPS {
        volley.reaches(count * step / STEPS).await?;
        rising.push(told(procfs::resident(pid)?));
    }
    volley.end().await?;
    Ok(rising)
}

/// Opens what a killed edge left behind, as the edge does; milliseconds.
fn open_journal(edge: &Edge) -> Result<f64> {
    let options = JournalOptions {
        facts_budget: 2048 << 20,
        ..JournalOptions::new(edge.state().join("journal"), Epoch(1))
    };
    let began = Instant::now();
    let (journal, _) = Journal::open(options).context("opening the journal")?;
    let took = began.elapsed();
    anyhow::ensure!(
        journal.usage(Lane::Facts).unsent >= MILLION,
        "the journal has lost events"
    );
    Ok(took.as_secs_f64() * 1000.0)
}
