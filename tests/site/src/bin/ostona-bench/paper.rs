//! From the wish for a ticket to the first dots of it at the printer, asked at the kiosk and asked in the cloud.
//!
//! Kiosk, administrator and printer are in this process, so that one monotonic clock sees both ends.

use crate::{
    bench_dir::{self, BenchDir},
    figures::Samples,
    section::Section,
    timing::{HEAD, line, ms},
};
use anyhow::{Context as _, Result, ensure};
use protocol::{DeviceId, PrintId};
use serde_json::json;
use std::time::Duration;
use tests_site::{
    branch::{BranchSpec, Kiosk, OpenBranch},
    scenario::Scenario,
};
use tests_world::{
    clock::Clock,
    printer::{Config, Printer},
};
use tokio::time::{Instant, sleep, timeout};

const TICKETS: usize = 300;
/// A roll that does not end meanwhile, rows.
const ROLL: u32 = 100_000_000;
/// Between two people at one kiosk, once the paper is out.
const PAUSE: Duration = Duration::from_millis(50);
const LOOK: Duration = Duration::from_millis(1);
const LIMIT: Duration = Duration::from_secs(20);

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("A ticket on paper")?;
    let mut scenario = Box::pin(bench_dir.scenario("paper", 0)).await?;
    let printer = Printer::start(Config {
        roll: ROLL,
        ..Config::default()
    })?;
    let device: DeviceId = "lobby-printer".parse().context("naming the printer")?;
    bench_dir::hang(&scenario, &device, &bench_dir::printing(&printer)).await?;
    scenario.wait_for_status(&device, "online").await?;
    let branch_spec = BranchSpec {
        printers: vec![device.to_string()],
        ..BranchSpec::bank(1)
    };
    let mut open = Box::pin(OpenBranch::start(&scenario, &branch_spec)).await?;
    let taken = taken(&mut open.kiosk, &printer).await?;
    let ordered = ordered(&scenario, &device, &printer).await?;
    scenario.edge.stop().await?;
    section.says(
        "One ticket after the other, ms, up to the first dots of its picture at the simulated ESC/POS printer behind a TCP \
         port of this machine: laid out, drawn at 576 dots and asked for its state before. The touch is the request that \
         gives the number; number and order to print are on disk before the first byte goes out.",
    );
    let rows = [
        line("touch at the kiosk to the first dots", &taken, "< 60"),
        line("administrator's POST in the cloud to the first dots", &ordered, "< 60"),
    ];
    section.table(&HEAD, &rows);
    Ok(section)
}

async fn taken(kiosk: &mut Kiosk, printer: &Printer) -> Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..TICKETS {
        let visit = kiosk.begin().await?;
        let before = Sheets::of(printer);
        let asked = Instant::now();
        kiosk.choose(&visit, 3, "service-k").await?;
        samples.add(ms(before.next(printer).await? - asked));
        sleep(PAUSE).await;
    }
    Ok(samples)
}

async fn ordered(scenario: &Scenario, device: &DeviceId, printer: &Printer) -> Result<Samples> {
    let mut samples = Samples::default();
    let path = format!("/devices/{}/commands", scenario.named(device));
    for number in 0..TICKETS {
        let mut entropy = [0; 10];
        for (byte, of) in entropy.iter_mut().zip(number.to_le_bytes()) {
            *byte = of;
        }
        let print = PrintId::new(Clock::Real.now(), entropy);
        let blocks = json!([
            {"block": "line", "text": "Кассага навбат", "size": "title", "align": "middle"},
            {"block": "number", "text": format!("K-{number:03}")},
            {"block": "pair", "left": "Sizdan oldin", "right": "12"},
            {"block": "qr", "text": "https://q.ostona.uz/t/8f3kd92mzq71cmx0v5ptw4"},
        ]);
        let args = json!({"print": print.to_string(), "sheet": {"kind": "ticket", "blocks": blocks}});
        let wish = json!({"action": {"name": "print.ticket", "args": args}, "expires_in_s": 100});
        let before = Sheets::of(printer);
        let asked = Instant::now();
        scenario.admin.post(&path, &wish).await?;
        samples.add(ms(before.next(printer).await? - asked));
        sleep(PAUSE).await;
    }
    Ok(samples)
}

/// What a printer had printed before.
#[derive(Debug, Clone, Copy)]
struct Sheets {
    begun: usize,
    cut: u64,
}

impl Sheets {
    fn of(printer: &Printer) -> Self {
        Self {
            begun: printer.began().len(),
            cut: printer.counts().cuts,
        }
    }

    /// Waits until one more is cut off, and gives when it began.
    async fn next(self, printer: &Printer) -> Result<Instant> {
        let cut = async {
            while printer.counts().cuts <= self.cut {
                sleep(LOOK).await;
            }
        };
        timeout(LIMIT, cut).await.context("no ticket comes out")?;
        let began = printer.began();
        ensure!(printer.counts().unknown == 0, "dots were taken for commands");
        began.get(self.begun).copied().context("a sheet without a beginning")
    }
}
