//! From end to end on loopback: an administrator's wish to the device's wire, and a device's fact to the console.
//!
//! Cloud and edge are the built programs; the terminal and the administrator are in this process, so that one
//! monotonic clock sees both ends.

use crate::{
    bench_dir::{BenchDir, NewSite},
    figures::Samples,
    section::Section,
    timing::{HEAD, line, ms},
};
use anyhow::{Context as _, Result, ensure};
use protocol::{DeviceId, fact::KeyKind};
use serde_json::json;
use std::time::Duration;
use tests_site::{
    admin::text,
    commands,
    edge::Edge,
    scenario,
    wait::{SOON, until},
};
use tests_world::hikvision::{Config, ObservedFact, Terminal};
use tokio::time::{Instant, sleep, timeout};

const COMMANDS: usize = 400;
const FACTS: usize = 400;
/// Between two of them: people do not come faster at one door.
const PAUSE: Duration = Duration::from_millis(40);

struct Fixture {
    founded: NewSite,
    edge: Edge,
    terminal: Terminal,
    /// The terminal as paths name it.
    named: String,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("From end to end, on loopback")?;
    let mut scene = Fixture::open(bench_dir).await?;
    let (first_byte, opened) = scene.commands().await.context("opening doors")?;
    let shown = scene.facts().await.context("badging")?;
    scene.edge.stop().await?;
    scene.founded.cloud.stop().await?;
    section.says(
        "One command or badge after the other, ms. Before it is asked to open, the terminal is asked for a challenge to sign \
         with: that is the first byte on its wire, the request that opens the door comes a round trip later.",
    );
    let rows = [
        line(
            "admin's POST to the first byte on the device's wire",
            &first_byte,
            "< 25",
        ),
        line(
            "admin's POST to the signed request, and the door that moves",
            &opened,
            "–",
        ),
        line("device's fact to the live stream of the cloud", &shown, "< 50"),
    ];
    section.table(&HEAD, &rows);
    Ok(section)
}

impl Fixture {
    async fn open(bench_dir: &BenchDir) -> Result<Self> {
        let founded = bench_dir.founded_cloud("cloud").await?;
        let mut edge = bench_dir.edge("edge", &[], Some(founded.address))?;
        edge.enrol(&founded.enrolment_code("lobby").await?).await?;
        edge.start().await?;
        let edges = founded.admin.get("/edges").await?;
        let first = edges
            .as_array()
            .and_then(|edges| edges.first())
            .context("the cloud knows no edge")?;
        let edge_id = text(first, "id")?;
        let config = Config::default();
        let password = config.password.clone();
        let terminal = Terminal::start(config)?;
        let device: DeviceId = "terminal-1".parse()?;
        let wish = json!({
            "edge": edge_id, "device": device.as_str(), "config": scenario::document(&terminal, &password),
        });
        founded.admin.post("/devices", &wish).await?;
        let named = format!("{edge_id}~{device}");
        let path = format!("/devices/{named}");
        until("the terminal is online", SOON, || async {
            let found = founded.admin.get(&path).await?;
            ensure!(text(&found, "status")? == "online", "{found}");
            Ok(())
        })
        .await?;
        Ok(Self {
            founded,
            edge,
            terminal,
            named,
        })
    }

    /// Milliseconds from each POST to the first request at the device, and to the door's moving.
    async fn commands(&self) -> Result<(Samples, Samples)> {
        let mut asked = Vec::new();
        for done in 0..COMMANDS {
            asked.push(Instant::now());
            let answer = commands::open_door(&self.founded.admin, &self.named, 1, 10).await?;
            ensure!(answer.status.is_success(), "a command was refused: {}", answer.body);
            let opened = || async {
                let count = self.terminal.openings().len();
                ensure!(count > done, "{count} doors opened");
                Ok(())
            };
            until("the door opens", SOON, opened).await?;
            sleep(PAUSE).await;
        }
        let asking = |seen: &&ObservedFact| seen.method == "GET" && seen.path.ends_with("/deviceInfo");
        let asked_for: Vec<Instant> = self
            .terminal
            .requests()
            .iter()
            .filter(asking)
            .map(|seen| seen.at)
            .collect();
        let openings: Vec<Instant> = self.terminal.openings().iter().map(|opening| opening.taken).collect();
        Ok((until_first(&asked, &asked_for), until_first(&asked, &openings)))
    }

    /// Milliseconds from each badge to its event in the live stream.
    async fn facts(&self) -> Result<Samples> {
        let mut live = self.founded.admin.live().await?;
        let mut samples = Samples::default();
        let mut told = Vec::new();
        for number in 0..FACTS {
            told.clear();
            let began = Instant::now();
            let serial = self.terminal.badge(&(1000 + number % 500).to_string(), KeyKind::Card);
            let sought = format!("\"number\":{serial}");
            while !has(&told, sought.as_bytes()) {
                let chunk = timeout(SOON, live.chunk()).await.context("a badge is never shown")?;
                told.extend_from_slice(
                    &chunk
                        .context("reading the live stream")?
                        .context("the live stream ended")?,
                );
            }
            samples.add(ms(began.elapsed()));
            sleep(PAUSE).await;
        }
        Ok(samples)
    }
}

/// Milliseconds from each moment to the first of `later` after it.
fn until_first(moments: &[Instant], later: &[Instant]) -> Samples {
    let first = |moment: &Instant| later.iter().find(|at| *at >= moment).map(|at| *at - *moment);
    let took = moments.iter().filter_map(first);
    took.map(ms).collect()
}

fn has(text: &[u8], sought: &[u8]) -> bool {
    text.windows(sought.len()).any(|window| window == sought)
}
