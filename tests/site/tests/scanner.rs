//! The scanner adapter over a real pseudo-terminal, through the edge's own line, and in a whole edge up to the cloud.
//!
//! What the simulated scanner read is the truth; nothing the adapter says counts.

#[cfg(test)]
#[path = "scanner/desk.rs"]
mod desk;

use adapter_sdk::State;
use anyhow::ensure;
use desk::{ScannerRun, hash};
use serde_json::json;
use tests_site::{
    driver::LIMIT,
    scenario::{Scenario, ScenarioSpec},
    seed,
    wait::{SOON, until},
};
use tests_world::{
    peers,
    scanner::{Config, Scanner, Suffix},
};

#[tokio::test]
async fn every_code_is_told_once_by_its_hash_whatever_ends_it() {
    for suffix in Suffix::ALL {
        let mut rng = seed::rng("scanner").unwrap();
        let config = Config {
            suffix,
            seed: rng.throw(),
            ..Config::default()
        };
        let mut scanner = Scanner::start(config).unwrap();
        let desk = ScannerRun::open(scanner.path(), json!({"gap_ms": 2000}));
        desk.until("it is online", |desk| desk.states() == [State::Online { fw: None }])
            .await;
        for number in 0..40 {
            scanner
                .scan(&format!("HMK_TSH_KASSA_{number:03} \"{}\"", rng.throw()))
                .await
                .unwrap();
        }
        let read: Vec<(String, u16)> = scanner.read().iter().map(|code| hash(code)).collect();
        desk.until("all of them are told", |desk| desk.scanned() == read).await;
        desk.run.stop().await;
    }
}

#[tokio::test]
async fn what_breaks_off_and_what_is_noise_is_never_told_and_the_next_code_is_whole() {
    let mut scanner = Scanner::start(Config::default()).unwrap();
    let desk = ScannerRun::open(scanner.path(), json!({}));
    desk.until("it is online", |desk| desk.states() == [State::Online { fw: None }])
        .await;
    for number in 1..=3 {
        scanner.break_off("TICKET-WITHOUT-END").await.unwrap();
        desk.until_thrown_away(number).await;
        scanner.scan(&format!("K-00{number}")).await.unwrap();
        let read = scanner.read().len();
        desk.until("the whole one is told", |desk| desk.scanned().len() == read)
            .await;
    }
    let read: Vec<(String, u16)> = scanner.read().iter().map(|code| hash(code)).collect();
    assert_eq!(desk.scanned(), read);
    desk.run.stop().await;
}

#[tokio::test]
async fn a_scanner_that_is_pulled_out_is_unreachable() {
    let scanner = Scanner::start(Config::default()).unwrap();
    let mut desk = ScannerRun::open(scanner.path(), json!({}));
    desk.until("it is online", |desk| !desk.states().is_empty()).await;
    drop(scanner);
    assert_eq!(desk.run.ended().await.word(), "unreachable");
}

#[tokio::test]
async fn pyserial_reads_the_simulated_scanner() {
    let mut scanner = Scanner::start(Config::default()).unwrap();
    let script = peers::script("pyserial_scanner.py")
        .unwrap()
        .arg(scanner.path())
        .arg("3");
    let mut script = script.start().unwrap();
    script.says("listening", LIMIT).await.unwrap();
    for code in ["K-001", "HMK_TSH_KASSA_001_20241219", "{\"q\": \"~!@#$%^&*\"}"] {
        scanner.scan(code).await.unwrap();
    }
    assert!(script.ended(LIMIT).await.unwrap().success());
    let codes: Vec<String> = scanner.read().iter().map(|code| format!("code {code}")).collect();
    let heard: Vec<String> = script
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("code "))
        .collect();
    assert_eq!(heard, codes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_at_the_desk_is_seen_in_the_cloud_and_its_text_is_not() {
    let scenario = Scenario::open(ScenarioSpec::named("scanner")).await.unwrap();
    let mut scanner = Scanner::start(Config::default()).unwrap();
    let settings = json!({"path": scanner.path(), "line": "serial", "gap_ms": 2000});
    let document = json!({"kind": "scanner", "adapter": "scanner", "settings": settings});
    let wish = json!({"edge": scenario.edge_id, "device": "desk-scanner", "config": document});
    scenario.admin.post("/devices", &wish).await.unwrap();
    scenario
        .wait_for_status(&"desk-scanner".parse().unwrap(), "online")
        .await
        .unwrap();

    let secret = "HMK_TSH_KASSA_001_20241219";
    scanner.scan(secret).await.unwrap();
    let (sha256, len) = hash(secret);
    until("the scan is listed", SOON, || async {
        let found = scenario.admin.all("/events?type=device.scanned").await?;
        ensure!(found.len() == 1, "{} scans", found.len());
        let text = serde_json::to_string(&found)?;
        ensure!(
            text.contains(&sha256) && text.contains(&format!("\"len\":{len}")),
            "{text}"
        );
        ensure!(!text.contains(secret), "its text is told");
        Ok(())
    })
    .await
    .unwrap();

    drop(scanner);
    scenario
        .wait_for_status(&"desk-scanner".parse().unwrap(), "offline")
        .await
        .unwrap();
}
