//! What two hundred screens with a stream each cost the edge in memory, while people are called.

use crate::{
    bench_dir::{BenchDir, pid_of},
    figures::{Samples, told},
    procfs,
    section::{Section, row},
};
use anyhow::{Context as _, Result, ensure};
use std::time::Duration;
use tests_site::{
    branch::{BranchSpec, Browser, Kiosk, OpenBranch, Operator},
    scenario::Scenario,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

const SCREENS: u16 = 200;
const ROUNDS: usize = 3;
/// Calls before the screens come, and while they are there.
const CALLS: u64 = 50;
const SETTLED: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(30);
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
struct RoundResults {
    before: Samples,
    connected: Samples,
    working: Samples,
    more: Samples,
}

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("200 screens on one edge")?;
    let mut came = RoundResults::default();
    let mut scene = Box::pin(Fixture::open(bench_dir)).await?;
    for number in 0..ROUNDS {
        Box::pin(scene.round(&mut came)).await?;
        eprintln!("  round {number}: {came:?}");
    }
    scene.scenario.edge.stop().await?;
    section.says(&format!(
        "{SCREENS} paired displays, each with its stream open, on an edge that has called {CALLS} people before and calls \
         {CALLS} more to all of them. {ROUNDS} rounds, each with the edge started anew; median (smallest … largest), MiB."
    ));
    let rows = [
        row!["resident, all paired, none connected", came.before, "–"],
        row!["resident, all connected", came.connected, "–"],
        row!["the most that was resident during the calls", came.working, "–"],
        row![format!("what {SCREENS} screens add"), came.more, "≤ 64 MiB"],
    ];
    section.table(&["what", "figure", "aim"], &rows);
    Ok(section)
}

/// A branch with two hundred paired displays.
struct Fixture {
    scenario: Scenario,
    kiosk: Kiosk,
    operator: Operator,
    displays: Vec<Browser>,
}

impl Fixture {
    /// The edge writes its shelves once a second at most: pairing all takes minutes.
    async fn open(bench_dir: &BenchDir) -> Result<Self> {
        let scenario = Box::pin(bench_dir.scenario("screens", 0)).await?;
        let OpenBranch {
            operators,
            kiosk,
            mut installer,
            ..
        } = Box::pin(OpenBranch::start(&scenario, &BranchSpec::bank(1))).await?;
        let operator = operators.into_iter().next().context("nobody is at the desk")?;
        let lan = scenario.edge.lan()?;
        let mut displays = Vec::new();
        for number in 1..=SCREENS {
            let name = format!("Display {number}");
            displays.push(installer.screen(lan, "display", &name, None).await?);
        }
        Ok(Self {
            scenario,
            kiosk,
            operator,
            displays,
        })
    }

    async fn round(&mut self, came: &mut RoundResults) -> Result<()> {
        self.scenario.edge.stop().await?;
        self.scenario.edge.start().await?;
        let (lan, pid) = (self.scenario.edge.lan()?, pid_of(&mut self.scenario.edge)?);
        self.kiosk.moved(lan);
        self.operator.moved(lan);
        self.displays.iter_mut().for_each(|display| display.moved(lan));
        self.calls(|| Ok(())).await?;
        sleep(SETTLED).await;
        let before = procfs::resident(pid)?;
        let mut hall = OpenStreams::open(&self.displays).await?;
        sleep(SETTLED).await;
        let connected = procfs::resident(pid)?;
        let mut most = connected;
        let look = || {
            most = most.max(procfs::resident(pid)?);
            Ok(())
        };
        let last = self.calls(look).await?;
        hall.all_show(&last).await?;
        most = most.max(procfs::resident(pid)?);
        came.before.add(before);
        came.connected.add(connected);
        came.working.add(most);
        came.more.add(most - before);
        Ok(())
    }

    /// Calls people one after the other; gives the last one's number.
    async fn calls(&mut self, mut look: impl FnMut() -> Result<()>) -> Result<String> {
        let mut last = String::new();
        for _ in 0..CALLS {
            last = self.kiosk.take("service-k").await?;
            ensure!(self.operator.serve().await?, "nobody is there to be served");
            look()?;
            sleep(PAUSE).await;
        }
        Ok(last)
    }
}

/// Every screen's stream, read.
struct OpenStreams {
    streams: JoinSet<Result<()>>,
    /// What each showed last.
    shown: Vec<watch::Receiver<Vec<u8>>>,
}

impl OpenStreams {
    async fn open(browsers: &[Browser]) -> Result<Self> {
        let (mut streams, mut shown) = (JoinSet::new(), Vec::new());
        for browser in browsers {
            let mut stream = browser.stream("/display/live").await?;
            ensure!(stream.status().is_success(), "a display is told {}", stream.status());
            let (showing, looks) = watch::channel(Vec::new());
            shown.push(looks);
            streams.spawn(async move {
                while let Some(chunk) = stream.chunk().await.context("reading a display's stream")? {
                    showing.send_replace(chunk.to_vec());
                }
                anyhow::bail!("a display's stream ended")
            });
        }
        Ok(Self { streams, shown })
    }

    /// Waits until each shows this number.
    async fn all_show(&mut self, number: &str) -> Result<()> {
        let sought = format!("\"number\":\"{number}\"");
        let is_there = |text: &Vec<u8>| text.windows(sought.len()).any(|window| window == sought.as_bytes());
        let all = async {
            for one in &mut self.shown {
                one.wait_for(is_there).await.context("a display's stream ended")?;
            }
            Ok::<_, anyhow::Error>(())
        };
        let all = timeout(LIMIT, all).await;
        all.with_context(|| format!("{number} is not shown everywhere"))??;
        let open = self.streams.len() as f64;
        eprintln!("  all {} screens show {number}", told(open));
        Ok(())
    }
}
