//! What an event costs the flash: bytes the edge causes to be written, at twenty events a second.
//!
//! Several edges side by side, each with a device of its own: rounds that take a minute each, all at once.

use crate::{
    bench_dir::{self, BenchDir, pid_of},
    figures::Samples,
    load::{Frame, PUBACK, connect},
    payload, procfs,
    section::{Section, row},
};
use anyhow::{Context as _, Result};
use protocol::{DeviceId, topic::Leaf};
use std::{net::SocketAddr, time::Duration};
use tests_site::edge::Edge;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

/// Edges for each lane, and as many that have nothing to do.
const EDGES: usize = 5;
const LENGTH: Duration = Duration::from_secs(60);
const BETWEEN: Duration = Duration::from_millis(50);
/// A start writes things of its own.
const SETTLED: Duration = Duration::from_secs(5);

/// What a device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WritePattern {
    Facts,
    Telemetry,
    Nothing,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("Bytes written per 256 B event, 20 events/s, from `/proc/<pid>/io`")?;
    let devices = bench_dir::devices(1)?;
    let device = devices.first().context("no device")?;
    let mut measured = JoinSet::new();
    for number in 0..EDGES {
        for doing in [WritePattern::Facts, WritePattern::Telemetry, WritePattern::Nothing] {
            let mut edge = bench_dir.edge(&format!("writes-{number}-{doing:?}"), &devices, None)?;
            edge.start().await?;
            let device = device.clone();
            measured.spawn(async move { Ok::<_, anyhow::Error>((doing, one(edge, device, doing).await?)) });
        }
    }
    let (mut facts, mut telemetry, mut idle) = (Samples::default(), Samples::default(), Samples::default());
    while let Some(one) = measured.join_next().await {
        let (doing, (events, bytes)) = one.context("a measurement broke down")??;
        match doing {
            WritePattern::Facts => facts.add(bytes / events),
            WritePattern::Telemetry => telemetry.add(bytes / events),
            WritePattern::Nothing => idle.add(bytes / LENGTH.as_secs_f64()),
        }
    }
    section.says(&format!(
        "{EDGES} edges for each line, all at once for {} s; median (smallest … largest). The edge's own events and \
         checkpoints are in it.",
        LENGTH.as_secs()
    ));
    let rows = [
        row!["telemetry, bytes per event", telemetry, "≤ 1,200"],
        row!["facts, bytes per event", facts, "≤ 4,600"],
        row!["an edge with nothing to do, bytes per second", idle, "–"],
    ];
    section.table(&["lane", "bytes", "aim"], &rows);
    Ok(section)
}

/// Events that were acknowledged, and bytes that were written meanwhile.
async fn one(mut edge: Edge, device: DeviceId, doing: WritePattern) -> Result<(f64, f64)> {
    let pid = pid_of(&mut edge)?;
    sleep(SETTLED).await;
    let before = procfs::written(pid)?;
    let events = match doing {
        WritePattern::Facts => trickle(edge.mqtt()?, &device, Leaf::Fact, payload::fact(&device)?).await?,
        WritePattern::Telemetry => trickle(edge.mqtt()?, &device, Leaf::Telemetry, payload::figure(&device)?).await?,
        WritePattern::Nothing => {
            sleep(LENGTH).await;
            0.0
        }
    };
    let bytes = procfs::written(pid)? - before;
    edge.stop().await?;
    Ok((events, bytes))
}

/// Publishes at an even pace, waits for the last acknowledgement, and counts them.
async fn trickle(broker: SocketAddr, device: &DeviceId, leaf: Leaf, payload: Vec<u8>) -> Result<f64> {
    let frame = Frame::new(device, leaf, payload)?;
    let (mut acks, mut out) = connect(broker, device).await?.into_split();
    let (mut ticks, began) = (interval(BETWEEN), Instant::now());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = 0_u16;
    while began.elapsed() < LENGTH {
        ticks.tick().await;
        let mut bytes = Vec::new();
        sent += 1;
        frame.write(&mut bytes, sent.to_be_bytes());
        out.write_all(&bytes).await.context("publishing")?;
    }
    let mut answers = vec![0; usize::from(sent) * PUBACK];
    let read = timeout(LENGTH, acks.read_exact(&mut answers)).await;
    read.context("waiting for acknowledgements")??;
    Ok(f64::from(sent))
}
