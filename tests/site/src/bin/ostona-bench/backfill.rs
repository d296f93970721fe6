//! A terminal with a hundred thousand records nobody read yet: read, committed and brought to the cloud in one go.
//!
//! A fresh scenario for each round: nothing of a round before helps or hinders.

use crate::{
    bench_dir::{self, BenchDir, pid_of},
    figures::Samples,
    metrics::{self, MetricsSnapshot},
    procfs,
    section::{Section, row},
};
use anyhow::{Context as _, Result, ensure};
use protocol::DeviceId;
use std::time::Duration;
use tests_world::zkteco::{Config, Terminal};
use tokio::time::{Instant, sleep};

const RECORDS: u32 = 100_000;
const ROUNDS: usize = 3;
/// Between two looks; a look costs the edge something, too.
const LOOK: Duration = Duration::from_millis(100);
/// Longer than anybody waits for it.
const LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
struct RoundResults {
    committed: Samples,
    sent: Samples,
    busy: Samples,
    before: Samples,
    peak: Samples,
    after: Samples,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("100,000 attendance records of one terminal, in one go")?;
    let mut came = RoundResults::default();
    for number in 0..ROUNDS {
        round(bench_dir, number, &mut came).await?;
        eprintln!("  round {number}: {came:?}");
    }
    section.says(&format!(
        "A simulated ZKTeco terminal over TCP with 100,000 records of 40 bytes, from the order that registers it in the \
         cloud on: the edge connects, reads the log, commits a fact for each record and brings all of them to the cloud. \
         {ROUNDS} rounds, each in a fresh scenario; median (smallest … largest). Terminal, edge and cloud share the machine."
    ));
    let rows = [
        row!["until all are on the edge's disk, s", came.committed, "–"],
        row!["until all are on the cloud's disk, s", came.sent, "–"],
        row!["the edge's processor time for it, s", came.busy, "–"],
        row!["resident before, MiB", came.before, "–"],
        row!["the most that was ever resident, MiB", came.peak, "≤ 64 MiB"],
        row!["resident afterwards, MiB", came.after, "–"],
    ];
    section.table(&["what", "figure", "aim"], &rows);
    Ok(section)
}

async fn round(bench_dir: &BenchDir, number: usize, came: &mut RoundResults) -> Result<()> {
    let mut scenario = Box::pin(bench_dir.scenario(&format!("backfill-{number}"), 0)).await?;
    let (pid, http) = (pid_of(&mut scenario.edge)?, metrics::http()?);
    let config = Config {
        history: RECORDS,
        room: 2 * RECORDS,
        ..Config::default()
    };
    let key = config.comm_key;
    let terminal = Terminal::start(config)?;
    let device: DeviceId = "terminal-1".parse().context("naming the terminal")?;
    let (edge, cloud) = (scenario.edge.lan()?, scenario.cloud.address()?);
    let known = MetricsSnapshot::look(&http, edge)
        .await?
        .of("ostona_edge_events_total")?;
    let here = MetricsSnapshot::look(&http, cloud)
        .await?
        .of("ostona_ingest_events_total")?;
    came.before.add(procfs::resident(pid)?);

    let (busy, began) = (procfs::busy(pid)?, Instant::now());
    bench_dir::hang(&scenario, &device, &bench_dir::zkteco(&terminal, key)).await?;
    let mut committed = None;
    loop {
        let gauges = MetricsSnapshot::look(&http, edge).await?;
        let grown = gauges.of("ostona_edge_events_total")? - known;
        if grown >= f64::from(RECORDS) {
            committed.get_or_insert(began.elapsed());
            let arrived = MetricsSnapshot::look(&http, cloud)
                .await?
                .of("ostona_ingest_events_total")?
                - here;
            if arrived >= f64::from(RECORDS) {
                break;
            }
        }
        ensure!(began.elapsed() < LIMIT, "{grown} records after {LIMIT:?}");
        sleep(LOOK).await;
    }
    came.sent.add(began.elapsed().as_secs_f64());
    came.committed.add(committed.unwrap_or_default().as_secs_f64());
    came.busy.add(procfs::busy(pid)? - busy);
    came.peak.add(procfs::peak(pid)?);
    came.after.add(procfs::resident(pid)?);
    scenario.edge.stop().await
}
