//! The cloud under load: a million events into its own store, five thousand edges connected, administrators asking.

use crate::{
    bench_dir::{self, BenchDir, NewSite},
    crowd,
    figures::{Samples, told},
    member, memory,
    metrics::{self, MetricsSnapshot},
    procfs,
    section::{Section, row},
    upload,
};
use anyhow::{Context as _, Result};
use protocol::{DeviceId, Epoch};
use std::{sync::Arc, time::Duration};
use tests_site::admin::Admin;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const ROUNDS: u32 = 5;
const EVENTS: u64 = 1_000_000;
/// Edges that bring the events, all at once.
const UPLOADING: u64 = 8;
/// Edges with an open control channel.
const CONNECTED: usize = 5_000;
/// Files that everything else may need.
const SPARE_FILES: usize = 500;
/// Between two questions of an administrator.
const ASKING: Duration = Duration::from_millis(40);

/// What the rounds came to.
#[derive(Debug, Default)]
struct RoundResults {
    rate: Samples,
    busy: Samples,
    devices: Samples,
    events: Samples,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("The cloud, embedded store")?;
    let real = a_real_edge(bench_dir).await.context("the backlog of a real edge")?;
    let mut founded = bench_dir.founded_cloud("cloud").await?;
    let (http, pid) = (metrics::http()?, founded.pid()?);
    let empty = procfs::resident(pid)?;
    let count = CONNECTED.min(procfs::open_files_allowed()?.saturating_sub(SPARE_FILES));
    eprintln!("  enrolling {count} edges");
    let members = member::enlist(&http, &founded, count).await?;
    let members: Vec<_> = members.into_iter().map(Arc::new).collect();
    eprintln!("  connecting them");
    let crowd = crowd::gather(&members).await?;
    sleep(Duration::from_secs(10)).await;
    let connected = procfs::resident(pid)?;
    let device = bench_dir::devices(1)?.into_iter().next().context("no device")?;
    let mut came = RoundResults::default();
    for round in 1..=ROUNDS {
        one_round(&mut founded, &http, &members, &device, (Epoch(round), &mut came)).await?;
    }
    let open = MetricsSnapshot::look(&http, founded.address)
        .await?
        .of("ostona_gateway_connected")?;
    let (after, peak) = (procfs::resident(pid)?, procfs::peak(pid)?);
    drop(crowd);
    founded.cloud.stop().await?;
    section.says(&format!(
        "{ROUNDS} rounds of 1,000,000 events of half a kilobyte each ({UPLOADING} edges at once, batches of 1 MiB as real \
         edges send them, padding random), into one organisation, while {open} edges are connected and an administrator \
         asks every {} ms. The uploading edges, the {count} connected ones and the administrator run on the same two \
         cores. After the last round the store holds {} events.",
        ASKING.as_millis(),
        told(f64::from(ROUNDS) * EVENTS as f64)
    ));
    let mib = |value: f64| format!("{} MiB", told(value));
    let p = |samples: &Samples| {
        let (p50, p95, p99) = (samples.median(), samples.percentile(95.0), samples.percentile(99.0));
        format!(
            "p50 {}, p95 {}, p99 {} ({} asked)",
            told(p50),
            told(p95),
            told(p99),
            samples.len()
        )
    };
    let rows = [
        row!["ingest, events/s, everything on two cores", came.rate, "≥ 50,000"],
        row!["the cloud's own processor time for 1,000,000 events, s", came.busy, "–"],
        row!["one real edge bringing 1,000,000 events, events/s", told(real), "–"],
        row!["`GET /devices` meanwhile, ms", p(&came.devices), "p95 < 20"],
        row!["`GET /events` meanwhile, ms", p(&came.events), "p95 < 20"],
        row!["resident, empty", mib(empty), "–"],
        row![format!("resident, {count} edges connected"), mib(connected), "≤ 256 MB"],
        row!["resident after the rounds", mib(after), "≤ 256 MB"],
        row!["the most that was ever resident", mib(peak), "–"],
    ];
    section.table(&["what", "figure", "aim"], &rows);
    Ok(section)
}

async fn one_round(
    founded: &mut NewSite,
    http: &reqwest::Client,
    members: &[Arc<member::SyntheticEdge>],
    device: &DeviceId,
    (epoch, came): (Epoch, &mut RoundResults),
) -> Result<()> {
    let pid = founded.pid()?;
    let uploading = members.iter().take(UPLOADING as usize).cloned();
    let device = device.clone();
    let sealing = uploading.map(|member| {
        let device = device.clone();
        tokio::task::spawn_blocking(move || upload::seal(&member, &device, epoch, EVENTS / UPLOADING))
    });
    let mut backlogs = Vec::new();
    for sealing in sealing.collect::<Vec<_>>() {
        backlogs.push(sealing.await.context("sealing batches")??);
    }
    let (busy, began) = (procfs::busy(pid)?, Instant::now());
    let over = CancellationToken::new();
    let sent = async {
        let sent = upload::send(http, backlogs).await;
        over.cancel();
        sent
    };
    let (sent, asked) = tokio::join!(sent, ask(&founded.admin, &over));
    sent?;
    let (devices, events) = asked?;
    let rate = EVENTS as f64 / began.elapsed().as_secs_f64();
    eprintln!(
        "  {} events/s, GET /events p95 {} ms",
        told(rate),
        told(events.percentile(95.0))
    );
    came.rate.add(rate);
    came.busy.add(procfs::busy(pid)? - busy);
    came.devices.extend([devices]);
    came.events.extend([events]);
    Ok(())
}

/// Asks by turns for devices and events until it is over; milliseconds of each.
async fn ask(admin: &Admin, over: &CancellationToken) -> Result<(Samples, Samples)> {
    let (mut devices, mut events) = (Samples::default(), Samples::default());
    while !over.is_cancelled() {
        for (path, samples) in [("/devices?limit=50", &mut devices), ("/events?limit=50", &mut events)] {
            let began = Instant::now();
            admin.get(path).await?;
            samples.add(began.elapsed().as_secs_f64() * 1000.0);
            sleep(ASKING).await;
        }
    }
    Ok((devices, events))
}

/// Events per second that one real edge brings from its backlog of a million.
async fn a_real_edge(bench_dir: &BenchDir) -> Result<f64> {
    let devices = bench_dir::devices(50)?;
    let mut alone = bench_dir.edge("real", &devices, None)?;
    alone.start().await?;
    memory::fill(&mut alone, &devices, EVENTS).await?;
    alone.stop().await?;
    let mut founded = bench_dir.founded_cloud("real-cloud").await?;
    let mut edge = bench_dir.edge("real", &devices, Some(founded.address))?;
    edge.enrol(&founded.enrolment_code("real").await?).await?;
    let http = metrics::http()?;
    let began = Instant::now();
    edge.start().await?;
    while MetricsSnapshot::look(&http, founded.address)
        .await?
        .of("ostona_ingest_events_total")?
        < EVENTS as f64
    {
        sleep(Duration::from_millis(20)).await;
    }
    let rate = EVENTS as f64 / began.elapsed().as_secs_f64();
    eprintln!("  one real edge brings {} events/s", told(rate));
    edge.stop().await?;
    founded.cloud.stop().await?;
    Ok(rate)
}
