//! How long both programs take from their start to serving.

use crate::{
    bench_dir::{self, BenchDir},
    figures::Samples,
    metrics,
    section::{Section, row},
};
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use tokio::time::Instant;

const STARTS: usize = 20;

/// Measures and tells.
pub(crate) async fn run(bench_dir: &BenchDir) -> Result<Section> {
    let mut section = Section::new("From start to serving")?;
    let http = metrics::http()?;
    let mut edge = bench_dir.edge("startup-edge", &bench_dir::devices(50)?, None)?;
    let mut cloud = bench_dir.cloud("startup-cloud")?;
    let (mut edges, mut clouds) = (Samples::default(), Samples::default());
    for _ in 0..STARTS {
        let began = Instant::now();
        edge.start().await?;
        answers(&http, edge.lan()?, "health").await?;
        edges.add(began.elapsed().as_secs_f64() * 1000.0);
        edge.kill().await?;

        let began = Instant::now();
        let address = cloud.start().await?;
        answers(&http, address, "readyz").await?;
        clouds.add(began.elapsed().as_secs_f64() * 1000.0);
        cloud.kill().await?;
    }
    section.says(&format!(
        "{STARTS} starts of each, each but the first after a kill -9; until the first answer to `/health` and `/readyz`."
    ));
    let rows = [
        row!["`ostona-edge`, 50 devices, ms", edges, "< 1,000"],
        row!["`ostona-cloud`, ms", clouds, "< 1,000"],
    ];
    section.table(&["program", "figure", "aim"], &rows);
    Ok(section)
}

async fn answers(http: &reqwest::Client, address: SocketAddr, path: &str) -> Result<()> {
    let response = http.get(format!("http://{address}/{path}")).send().await;
    response
        .with_context(|| format!("asking for /{path}"))?
        .error_for_status()?;
    Ok(())
}
