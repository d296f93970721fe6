//! What five hundred devices of four kinds cost the edge: memory and processor time, at rest and at work.
//!
//! The devices are simulated in this process; what is told is the edge's own.

use crate::{
    bench_dir::{BenchDir, pid_of},
    figures::{Samples, told},
    metrics::{self, MetricsSnapshot},
    mixed::{self, Mixed},
    procfs,
    section::{Section, row},
};
use anyhow::{Context as _, Result, ensure};
use std::time::Duration;
use tests_site::{
    scenario::Scenario,
    wait::{LONG, until},
};
use tokio::time::{Instant, interval, sleep};

const ROUNDS: usize = 3;
/// One round; each device says something that often in it.
const LENGTH: Duration = Duration::from_secs(60);
const BETWEEN: Duration = Duration::from_secs(10);
/// How long it is watched while nothing happens.
const QUIET: Duration = Duration::from_secs(20);
/// Between two looks at its memory, in events.
const LOOK: usize = 40;

/// What a round came to.
#[derive(Debug, Default)]
struct RoundResults {
    resident: Samples,
    busy: Samples,
    events: Samples,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("500 devices of four kinds on one edge")?;
    let mut scenario = Box::pin(bench_dir.scenario("fleet", mixed::BUTTONS)).await?;
    let pid = pid_of(&mut scenario.edge)?;
    let http = metrics::http()?;
    let empty = procfs::resident(pid)?;
    let mut devices = Mixed::hang(&scenario).await?;
    online(&http, &scenario, mixed::ON_LINES).await?;
    let quiet = rest(pid).await?;
    let standing = procfs::resident(pid)?;
    devices.speak(scenario.edge.mqtt()?, BETWEEN).await?;
    let mut came = RoundResults::default();
    for number in 0..ROUNDS {
        let before = MetricsSnapshot::look(&http, scenario.edge.lan()?).await?;
        round(pid, &mut devices, &mut came).await?;
        let after = MetricsSnapshot::look(&http, scenario.edge.lan()?).await?;
        came.events
            .add(after.of("ostona_edge_events_total")? - before.of("ostona_edge_events_total")?);
        eprintln!("  round {number}: {came:?}");
    }
    let peak = procfs::peak(pid)?;
    scenario.edge.stop().await?;
    section.says(&format!(
        "{}. Everything is linked to a cloud; each device has one event in {} s, spread evenly. {ROUNDS} rounds of {} s; \
         median (smallest … largest). Gates are asked for their contacts every 50 ms each, as they are out of the box.",
        mixed::WHAT,
        BETWEEN.as_secs(),
        LENGTH.as_secs()
    ));
    section.table(&["what", "figure", "aim"], &rows(&came, [empty, standing, peak, quiet]));
    Ok(section)
}

fn rows(came: &RoundResults, [empty, standing, peak, quiet]: [f64; 4]) -> [Vec<String>; 7] {
    let mib = |value: f64| format!("{} MiB", told(value));
    [
        row!["resident, no devices on lines", mib(empty), "–"],
        row!["resident, all connected, nothing happens", mib(standing), "–"],
        row!["the most that was resident in a round, MiB", came.resident, "≤ 64 MiB"],
        row!["the most that was ever resident", mib(peak), "≤ 64 MiB"],
        row!["one core's time, nothing happens, %", told(quiet), "–"],
        row!["one core's time in a round, %", came.busy, "≤ 25 %"],
        row!["facts committed in a round", came.events, "–"],
    ]
}

/// Waits until so many devices are online.
async fn online(http: &reqwest::Client, scenario: &Scenario, count: usize) -> Result<()> {
    let lan = scenario.edge.lan()?;
    let all = || async {
        let online = MetricsSnapshot::look(http, lan)
            .await?
            .of("ostona_edge_devices_online")?;
        ensure!(online >= count as f64, "{online} of {count} devices are online");
        Ok(())
    };
    until("the devices are online", LONG, all).await
}

/// Percent of one core that it takes while nothing happens.
async fn rest(pid: u32) -> Result<f64> {
    sleep(BETWEEN).await;
    let (busy, began) = (procfs::busy(pid)?, Instant::now());
    sleep(QUIET).await;
    Ok(share(procfs::busy(pid)? - busy, began.elapsed()))
}

async fn round(pid: u32, devices: &mut Mixed, came: &mut RoundResults) -> Result<()> {
    let pace = BETWEEN / u32::try_from(mixed::ON_LINES).context("counting devices")?;
    let mut ticks = interval(pace);
    let (busy, began) = (procfs::busy(pid)?, Instant::now());
    let (mut most, mut turn) = (0.0_f64, 0);
    while began.elapsed() < LENGTH {
        ticks.tick().await;
        devices.next();
        turn += 1;
        if turn % LOOK == 0 {
            most = most.max(procfs::resident(pid)?);
        }
    }
    came.busy.add(share(procfs::busy(pid)? - busy, began.elapsed()));
    came.resident.add(most);
    Ok(())
}

fn share(seconds: f64, of: Duration) -> f64 {
    seconds / of.as_secs_f64() * 100.0
}
