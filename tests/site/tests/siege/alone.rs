//! A box that belongs to no cloud, for ever: many times its disk budget, and a restart amid it.

use anyhow::{Context as _, Result, ensure};
use edge_journal::{Journal, JournalOptions, Table};
use protocol::{DeviceId, Epoch, lan::EVENTS_PATH};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path};
use tests_site::{
    branch::{BranchSpec, Installer, Kiosk, pin_hash},
    edge::{Edge, Setup, token_of},
    memory::{edge_limit, peak, siege_scale},
};

/// Times its budget of 16 MiB at scale 1.
const TIMES: usize = 3;
/// Bytes of one report, and reports in one request.
const REPORT: usize = 60 << 10;
const TOGETHER: usize = 4;

/// The branch as if somebody had settled it on the box.
fn settle_branch(state: &Path) -> Result<()> {
    let options = JournalOptions::new(state.join("journal"), Epoch(1));
    let (mut journal, _) = Journal::open(options).context("a fresh journal")?;
    let branch = BranchSpec::bank(1).document(&pin_hash()?);
    journal.put(Table::Local, "branch", serde_json::to_vec(&branch)?);
    journal.checkpoint(&[]).context("keeping the branch")
}

async fn report(http: &reqwest::Client, lan: SocketAddr, device: &DeviceId) -> Result<StatusCode> {
    let one = json!({"name": "device.custom", "data": {
        "device": device, "kind": "log", "body": {"text": "x".repeat(REPORT)},
    }});
    let answer = http
        .post(format!("http://{lan}{EVENTS_PATH}"))
        .bearer_auth(format!("{device}.{}", token_of(device)))
        .body(serde_json::to_vec(&vec![one; TOGETHER])?)
        .send()
        .await?;
    Ok(answer.status())
}

async fn health(http: &reqwest::Client, lan: SocketAddr) -> Result<Value> {
    let answer = http.get(format!("http://{lan}/health")).send().await?;
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_without_a_cloud_issues_tickets_for_many_times_its_budget() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("edge");
    std::fs::create_dir(&state).unwrap();
    settle_branch(&state).unwrap();
    let device: DeviceId = "logger".parse().unwrap();
    let setup = Setup {
        journal: "facts_mb = 16\ntelemetry_mb = 16".to_owned(),
        devices: vec![device.clone()],
        ..Setup::default()
    };
    let mut edge = Edge::in_dir(&state, "siege-alone", &setup).unwrap();
    edge.start().await.unwrap();
    let mut installer = Installer::claim(edge.lan().unwrap(), edge.state()).await.unwrap();
    let screen = installer.screen(edge.lan().unwrap(), "kiosk", "Kiosk", None).await;
    let mut kiosk = Kiosk::new(screen.unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();

    let requests = TIMES * siege_scale().unwrap() * (16 << 20) / (REPORT * TOGETHER);
    let mut numbers = Vec::new();
    for request in 0..requests {
        let status = report(&http, edge.lan().unwrap(), &device).await.unwrap();
        assert_eq!(status, StatusCode::ACCEPTED, "after {request} of {requests} requests");
        if request % 8 == 0 {
            numbers.push(kiosk.take("service-k").await.unwrap());
        }
        if request == requests / 2 {
            edge.kill().await.unwrap();
            edge.start().await.unwrap();
            kiosk.moved(edge.lan().unwrap());
        }
    }
    let wanted: Vec<_> = (1..=numbers.len()).map(|number| format!("K-{number:03}")).collect();
    assert_eq!(numbers, wanted, "numbers go on, none twice");
    let health = health(&http, edge.lan().unwrap()).await.unwrap();
    assert_eq!(health["room"], "ample", "{health}");
    check_memory(&mut edge).unwrap();
}

fn check_memory(edge: &mut Edge) -> Result<()> {
    let pid = edge.program()?.pid().context("it runs")?;
    let (peak, limit) = (peak(pid)?, edge_limit()?);
    ensure!(peak * 2 < limit, "{peak} MiB of {limit}");
    Ok(())
}
