//! From "call next" at a desk to the number on the hall's display.
//!
//! Desk and display are in this process, so that one monotonic clock sees both ends.

use crate::{
    bench_dir::BenchDir,
    figures::Samples,
    section::Section,
    timing::{HEAD, line, ms},
};
use anyhow::{Context as _, Result, ensure};
use std::time::Duration;
use tests_site::branch::{BranchSpec, OpenBranch, Operator};
use tokio::time::{Instant, sleep, timeout};

const CALLS: usize = 300;
const WINDOWS: u16 = 5;
const PAUSE: Duration = Duration::from_millis(30);
const LIMIT: Duration = Duration::from_secs(20);

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("A call at a desk")?;
    let mut scenario = Box::pin(bench_dir.scenario("desk", 0)).await?;
    let mut open = Box::pin(OpenBranch::start(&scenario, &BranchSpec::bank(WINDOWS))).await?;
    let mut display = open.display.stream("/display/live").await?;
    ensure!(
        display.status().is_success(),
        "the display is told {}",
        display.status()
    );
    let (mut shown, mut answered) = (Samples::default(), Samples::default());
    for turn in 0..CALLS {
        let number = open.kiosk.take("service-k").await?;
        let desk = turn % open.operators.len().max(1);
        let operator = open.operators.get_mut(desk).context("nobody is at the desk")?;
        let called = Instant::now();
        let (done, there) = tokio::join!(call(operator), appears(&mut display, &number));
        answered.add(ms(done? - called));
        shown.add(ms(there? - called));
        for act in ["arrived", "finish"] {
            let (done, said) = operator.act(&[("act", act)]).await?;
            ensure!(done, "{act} is refused: {said}");
        }
        sleep(PAUSE).await;
    }
    scenario.edge.stop().await?;
    section.says(&format!(
        "One call after the other, ms, over HTTP on loopback as the pages do it; {WINDOWS} desks by turns, one display, its \
         announcements spoken with the placeholder voice meanwhile. The call is on disk before anybody hears of it."
    ));
    let rows = [
        line("desk's request to the number in the display's stream", &shown, "< 100"),
        line("desk's request to its answer", &answered, "–"),
    ];
    section.table(&HEAD, &rows);
    Ok(section)
}

async fn call(operator: &mut Operator) -> Result<Instant> {
    let (done, said) = operator.act(&[("act", "call_next")]).await?;
    ensure!(done, "the call is refused: {said}");
    Ok(Instant::now())
}

/// When the display's stream has this number.
async fn appears(display: &mut reqwest::Response, number: &str) -> Result<Instant> {
    let sought = format!("\"number\":\"{number}\"");
    let mut told = Vec::new();
    while !told.windows(sought.len()).any(|window| window == sought.as_bytes()) {
        let chunk = timeout(LIMIT, display.chunk()).await;
        let chunk = chunk.with_context(|| format!("{number} is never shown"))?;
        told.extend_from_slice(
            &chunk
                .context("reading the display's stream")?
                .context("the stream ended")?,
        );
    }
    Ok(Instant::now())
}
