//! Durable acknowledgements: this edge, mosquitto and the bare disk, one after another in each round.
//!
//! An acknowledgement of ours means "on disk". Mosquitto's means "in memory", however it is set up.

use crate::{
    bench_dir::{self, BenchDir},
    disk,
    figures::{Samples, told},
    load::{LoadClients, Shape},
    metrics::{self, MetricsSnapshot},
    mosquitto::{Mosquitto, Persistence},
    payload,
    section::{Section, row},
};
use anyhow::{Context as _, Result};
use protocol::{DeviceId, frame, topic::Leaf};
use std::{net::SocketAddr, time::Duration};
use tests_site::edge::Edge;
use tests_world::{clock::Clock, rng::Rng};
use tokio::time::sleep;

const ROUNDS: usize = 5;
const WARM_UP: Duration = Duration::from_millis(300);
const LENGTH: Duration = Duration::from_secs(2);
const SHAPES: [Shape; 3] = [
    Shape {
        clients: 1,
        in_flight: 1,
    },
    Shape {
        clients: 50,
        in_flight: 1,
    },
    Shape {
        clients: 50,
        in_flight: 20,
    },
];

/// What one shape came to, round by round: acknowledgements per second and their ratios.
#[derive(Debug, Default)]
struct RoundResults {
    ours: Samples,
    batch: Samples,
    lazy: Samples,
    eager: Samples,
    appends: Samples,
    rewrites: Samples,
    /// Of one client with one in flight only.
    asked: Samples,
    to_lazy: Samples,
    to_eager: Samples,
    to_appends: Samples,
    to_rewrites: Samples,
    to_asked: Samples,
}

struct Bench<'a> {
    bench_dir: &'a BenchDir,
    edge: &'a Edge,
    devices: &'a [DeviceId],
    http: reqwest::Client,
    /// Bytes of one record in the journal.
    record: usize,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let section = Section::new("Durable QoS 1 acknowledgements, 256 B")?;
    let devices = bench_dir::devices(50)?;
    let device = devices.first().context("no devices")?;
    let event = payload::event(device, Clock::Real.now(), &mut Rng::new(1))?;
    let record = frame::HEADER + event.len();
    let mut all: [RoundResults; SHAPES.len()] = Default::default();
    for round in 0..ROUNDS {
        // A fresh one for each round: nothing is sent, and all rounds together are more than a journal's budget.
        let mut edge = bench_dir.edge(&format!("acks-{round}"), &devices, None)?;
        edge.start().await?;
        let bench = Bench {
            bench_dir,
            edge: &edge,
            devices: &devices,
            http: metrics::http()?,
            record,
        };
        for (came, shape) in all.iter_mut().zip(SHAPES) {
            bench
                .round(&format!("{round}-{}-{}", shape.clients, shape.in_flight), shape, came)
                .await?;
        }
        edge.stop().await?;
    }
    Ok(tell(section, &all, record))
}

impl Bench<'_> {
    async fn round(&self, name: &str, shape: Shape, came: &mut RoundResults) -> Result<()> {
        let (ours, batch) = self.ours(shape).await?;
        // The yardstick before mosquitto: what that leaves to be written back and discarded slows down whoever comes next.
        // As many events at once as the edge had in a commit; one client with one in flight has one.
        let events = batch.round().max(1.0);
        let bytes = events as usize * self.record;
        let place = self.bench_dir.place("yardstick");
        let disk = |into| Ok::<_, anyhow::Error>(events * disk::writes(&place, into, bytes, LENGTH)?);
        let appends = disk(disk::WriteTarget::GrowingFile)?;
        let rewrites = disk(disk::WriteTarget::WrittenSpace)?;
        let lazy = self.mosquitto(name, shape, Persistence::Default).await?;
        let eager = self.mosquitto(name, shape, Persistence::EachChange).await?;
        eprintln!(
            "  {name}: ours {}, mosquitto {} and {}, disk {} and {}, {} events a commit",
            told(ours),
            told(lazy),
            told(eager),
            told(appends),
            told(rewrites),
            told(batch)
        );
        if (shape.clients, shape.in_flight) == (1, 1) {
            let asked = disk::asked_appends(&place, self.record, LENGTH)?;
            came.asked.add(asked);
            came.to_asked.add(asked / ours);
        }
        came.ours.add(ours);
        came.batch.add(batch);
        came.lazy.add(lazy);
        came.eager.add(eager);
        came.appends.add(appends);
        came.rewrites.add(rewrites);
        came.to_lazy.add(ours / lazy);
        came.to_eager.add(ours / eager);
        came.to_appends.add(appends / ours);
        came.to_rewrites.add(rewrites / ours);
        Ok(())
    }

    /// Acknowledgements per second of the edge, and how many events it had in a commit.
    async fn ours(&self, shape: Shape) -> Result<(f64, f64)> {
        let (broker, lan) = (self.edge.mqtt()?, self.edge.lan()?);
        let mut volley = self.volley(broker, shape).await?;
        let before = MetricsSnapshot::look(&self.http, lan).await?;
        let rate = volley.rate(LENGTH).await?;
        let after = MetricsSnapshot::look(&self.http, lan).await?;
        volley.end().await?;
        let grown = |name| Ok::<_, anyhow::Error>(after.of(name)? - before.of(name)?);
        let batch = grown("ostona_edge_events_total")? / grown("ostona_edge_commits_total")?.max(1.0);
        Ok((rate, batch))
    }

    async fn mosquitto(&self, name: &str, shape: Shape, keeping: Persistence) -> Result<f64> {
        let dir = self.bench_dir.place(&format!("mosquitto-{name}-{keeping:?}"));
        let mosquitto = Mosquitto::start(&dir, keeping).await?;
        let mut volley = self.volley(mosquitto.address, shape).await?;
        let rate = volley.rate(LENGTH).await;
        drop(volley);
        drop(mosquitto);
        std::fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
        rate
    }

    async fn volley(&self, broker: SocketAddr, shape: Shape) -> Result<LoadClients> {
        let volley = LoadClients::begin(broker, self.devices, shape, Leaf::Fact, payload::fact).await?;
        sleep(WARM_UP).await;
        Ok(volley)
    }
}

fn tell(mut section: Section, all: &[RoundResults; SHAPES.len()], record: usize) -> Section {
    section.says(&format!(
        "{ROUNDS} rounds of {} s for each figure, all of one round before the next; median (smallest … largest). Every \
         acknowledgement of ours means \"on disk\"; mosquitto acknowledges from memory whatever its settings. Both have \
         the same clients; mosquitto has one offline subscriber, without which it would keep nothing. A record of ours \
         is {record} bytes on disk.",
        LENGTH.as_secs()
    ));
    let line = |name: &str, of: fn(&RoundResults) -> &Samples| {
        let mut cells = row![name];
        cells.extend(all.iter().map(|came| of(came).to_string()));
        cells
    };
    let head = ["acked/s", "1 client × 1", "50 × 1", "50 × 20"];
    let rows = [
        line("ours", |came| &came.ours),
        line("mosquitto, persistence on, saved every 30 min (its default)", |came| {
            &came.lazy
        }),
        line("mosquitto, saved after each change", |came| &came.eager),
        line("bare fdatasync appends to a growing file, same batch size", |came| {
            &came.appends
        }),
        line(
            "bare fdatasync writes into space written before, same batch size",
            |came| &came.rewrites,
        ),
        line(
            "appends that a client asks for over loopback, one after the other",
            |came| &came.asked,
        ),
        line("events in one commit of ours", |came| &came.batch),
        line("ours ÷ mosquitto's default", |came| &came.to_lazy),
        line("ours ÷ mosquitto saved after each change", |came| &came.to_eager),
        line("bare appends ÷ ours", |came| &came.to_appends),
        line("bare writes ÷ ours", |came| &came.to_rewrites),
        line("appends asked for over loopback ÷ ours", |came| &came.to_asked),
    ];
    section.table(&head, &rows);
    section.says("Aims: 50 × 20 at least 3 × mosquitto's memory-only figure; 1 × 1 within 1.25 × of one bare append with fdatasync.");
    section
}
