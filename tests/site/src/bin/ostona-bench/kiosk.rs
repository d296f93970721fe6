//! From the touch on a service to the number on the kiosk's screen.

use crate::{
    bench_dir::BenchDir,
    figures::Samples,
    section::Section,
    timing::{HEAD, line, ms},
};
use anyhow::Result;
use std::time::Duration;
use tests_site::branch::{BranchSpec, OpenBranch};
use tokio::time::{Instant, sleep};

const TICKETS: usize = 500;
const WINDOWS: u16 = 5;
/// Nobody touches faster.
const PAUSE: Duration = Duration::from_millis(30);
const SERVICES: [&str; 3] = ["service-k", "service-c", "service-v"];

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("A touch at the kiosk")?;
    let mut scenario = Box::pin(bench_dir.scenario("kiosk", 0)).await?;
    let mut open = Box::pin(OpenBranch::start(&scenario, &BranchSpec::bank(WINDOWS))).await?;
    let mut samples = Samples::default();
    for service in SERVICES.into_iter().cycle().take(TICKETS) {
        let visit = open.kiosk.begin().await?;
        let touched = Instant::now();
        open.kiosk.choose(&visit, 3, service).await?;
        samples.add(ms(touched.elapsed()));
        sleep(PAUSE).await;
    }
    scenario.edge.stop().await?;
    section.says(&format!(
        "One visit after the other, ms, over HTTP on loopback as the kiosk's page does it: from the request that chooses a \
         service to the whole screen with the number. The ticket is on disk before. {WINDOWS} windows, three services, \
         nobody is called: at the end {TICKETS} wait."
    ));
    section.table(&HEAD, &[line("touch to the number", &samples, "< 50")]);
    Ok(section)
}
