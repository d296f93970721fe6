//! From a card at a reader to the relay that opens the gate, through a real edge.
//!
//! The reader is on a pseudo-terminal and speaks OSDP over its secure channel, the gate is behind a Modbus TCP board; both
//! are in this process, so that one monotonic clock sees both ends. Wiegand needs pins, which a machine like this has not.

use crate::{
    bench_dir::{self, BenchDir},
    figures::Samples,
    metrics::{self, MetricsSnapshot},
    section::Section,
    timing::{HEAD, line, ms},
};
use anyhow::{Context as _, Result, bail, ensure};
use protocol::DeviceId;
use serde_json::json;
use std::time::Duration;
use tests_site::{
    scenario::Scenario,
    wait::{SOON, until},
};
use tests_world::{
    osdp::{Bus, Pd},
    rng::Rng,
    turnstile::{Config, PassageResult, Place, Pulse, Side, Turnstile},
};
use tokio::time::{Instant, sleep, timeout};

const CARDS: usize = 250;
/// The reader's key, hex.
const KEY: &str = "8c7712ab40f35e6901d2c4b8e57a9f30";
/// Facility and number of the card that is let through.
const CARD: (u8, u16) = (12, 3456);
/// After somebody has passed; the next one comes at any moment of the reader's rhythm.
const PAUSE: Duration = Duration::from_millis(400);
const EVENTS: &str = "ostona_edge_events_total";
const JITTER_US: u64 = 100_000;
const LOOK: Duration = Duration::from_millis(1);

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("A card at a reader, and the gate")?;
    let mut scenario = Box::pin(bench_dir.scenario("gate", 0)).await?;
    let key = u128::from_str_radix(KEY, 16).context("reading the key")?;
    let bus = Bus::start(vec![Pd::with_key(1, key.to_be_bytes())])?;
    let gate = Turnstile::start(Config::default())?;
    hang(&scenario, &bus, &gate).await?;
    let (http, lan) = (metrics::http()?, scenario.edge.lan()?);
    let (mut shown, mut read) = (Samples::default(), Samples::default());
    let mut rng = Rng::new(1);
    for number in 0..CARDS {
        let before = MetricsSnapshot::look(&http, lan).await?.of(EVENTS)?;
        let (at, said, pulse) = card(&bus, &gate).await.with_context(|| format!("card {number}"))?;
        shown.add(ms(pulse.from - at));
        read.add(ms(pulse.from - said));
        // The grant and its end: until then the gate lets nobody else through.
        until("the grant has an end", SOON, || async {
            let told = MetricsSnapshot::look(&http, lan).await?.of(EVENTS)? - before;
            ensure!(told >= 2.0, "{told} facts");
            Ok(())
        })
        .await?;
        sleep(PAUSE + Duration::from_micros(rng.below(JITTER_US))).await;
    }
    scenario.edge.stop().await?;
    section.says(
        "One card after the other, ms: an OSDP reader over its secure channel on a pseudo-terminal, which takes 3 ms for an \
         answer and is asked every 50 ms, as it is out of the box; the relay is a coil of a Modbus TCP board. In between, \
         the grant is on the edge's disk. The reader's answer is the moment at which the edge can know of the card at all.",
    );
    let rows = [
        line("reader's answer with the card to the relay", &read, "< 30"),
        line(
            "card at the reader to the relay, waiting to be asked included",
            &shown,
            "–",
        ),
    ];
    section.table(&HEAD, &rows);
    Ok(section)
}

async fn hang(scenario: &Scenario, bus: &Bus, gate: &Turnstile) -> Result<()> {
    let Place::Tcp(address) = gate.place() else {
        bail!("the gate is on no port")
    };
    let reader = json!({"address": 1, "side": "a", "key": KEY});
    let settings = json!({
        "modbus": {"host": "127.0.0.1", "port": address.port(), "pulse": "flash"},
        "outputs": {"a": 0, "b": 1},
        "inputs": {"pass_a": {"at": 0}, "pass_b": {"at": 1}, "alarm": {"at": 3}, "fire": {"at": 5}},
        "readers": [{"way": "osdp", "path": bus.path(), "readers": [reader]}],
        "passage_s": 2,
        "keys": [{"person": "17", "card": u32::from(CARD.0) << 16 | u32::from(CARD.1)}],
    });
    let device: DeviceId = "gate-1".parse().context("naming the gate")?;
    let config = json!({"kind": "gate", "adapter": "turnstile", "settings": settings});
    bench_dir::hang(scenario, &device, &config).await?;
    scenario.wait_for_status(&device, "online").await?;
    until("the reader is asked", SOON, || async {
        let polls = bus.readers().first().map(|reader| reader.counts().polls);
        polls.filter(|polls| *polls > 0).context("it is not")
    })
    .await?;
    Ok(())
}

/// Shows the card and walks through. Gives when it was shown, when the reader told of it, and what the relay did.
async fn card(bus: &Bus, gate: &Turnstile) -> Result<(Instant, Instant, Pulse)> {
    let before = gate.pulses().len();
    let at = Instant::now();
    if let Some(reader) = bus.readers().first_mut() {
        reader.card_26(CARD.0, CARD.1);
    }
    let moved = async {
        loop {
            match gate.pulses().get(before) {
                Some(pulse) => return *pulse,
                None => sleep(LOOK).await,
            }
        }
    };
    let pulse = timeout(SOON, moved).await.context("the relay does not move")?;
    let told = bus.readers().first().and_then(|reader| reader.told().last().copied());
    let passes = async {
        while gate.walk(Side::A) == PassageResult::Blocked {
            sleep(LOOK).await;
        }
    };
    timeout(SOON, passes).await.context("the gate stays locked")?;
    Ok((at, told.context("the reader told of no card")?, pulse))
}
