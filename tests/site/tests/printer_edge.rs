//! Tickets asked for in the cloud, printed by a real edge on a simulated printer, with the edge killed at any instant.
//!
//! The blade counts: no order ever cuts two sheets, and one that went well cut one.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, ensure};
use protocol::{DeviceId, PrintId, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests_site::{
    admin::text,
    scenario::{Scenario, ScenarioSpec},
    seed,
    wait::{LONG, SOON, until},
};
use tests_world::printer::{Config, Printer};
use tokio::time::sleep;

/// Kills of a regular run.
const KILLS: u64 = 8;

async fn hang(scenario: &Scenario, printer: &Printer) -> DeviceId {
    let device: DeviceId = "lobby-printer".parse().unwrap();
    let settings = json!({"via": "tcp", "host": "127.0.0.1", "port": printer.address().port()});
    let config = json!({"kind": "printer", "adapter": "printer", "settings": settings});
    let wish = json!({"edge": scenario.edge_id, "device": device.as_str(), "config": config});
    scenario.admin.post("/devices", &wish).await.unwrap();
    scenario.wait_for_status(&device, "online").await.unwrap();
    device
}

/// Orders a ticket; gives the command's id.
async fn order(scenario: &Scenario, device: &DeviceId, number: u64) -> Result<String> {
    let mut entropy = [0; 10];
    entropy[..8].copy_from_slice(&number.to_le_bytes());
    let print = PrintId::new(Timestamp::from_millis(1_795_165_200_000), entropy);
    let blocks = json!([
        {"block": "line", "text": "Кассага навбат", "size": "title", "align": "middle"},
        {"block": "number", "text": format!("K-{number:03}")},
        {"block": "pair", "left": "Sizdan oldin", "right": "12"},
        {"block": "qr", "text": "https://q.ostona.uz/t/8f3kd92mzq71cmx0v5ptw4"},
    ]);
    let args = json!({"print": print.to_string(), "sheet": {"kind": "ticket", "blocks": blocks}});
    let wish = json!({"action": {"name": "print.ticket", "args": args}, "expires_in_s": 100});
    let path = format!("/devices/{}/commands", scenario.named(device));
    let answer = scenario.admin.call(Method::POST, &path, Some(&wish)).await?;
    ensure!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    text(&answer.body, "id")
}

/// How an order ended.
async fn ended(scenario: &Scenario, id: &str) -> Result<Value> {
    until("the order is over", LONG, || async {
        let found = scenario.admin.get(&format!("/commands/{id}")).await?;
        let state = text(&found, "state")?;
        ensure!(
            ["ok", "failed", "expired", "rejected"].contains(&state.as_str()),
            "{found}"
        );
        Ok(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_asked_for_in_the_cloud_comes_out_once() {
    let printer = Printer::start(Config::default()).unwrap();
    let scenario = Scenario::open(ScenarioSpec::named("printer-once")).await.unwrap();
    let device = hang(&scenario, &printer).await;
    let id = order(&scenario, &device, 1).await.unwrap();
    let found = ended(&scenario, &id).await.unwrap();
    assert_eq!(text(&found, "state").unwrap(), "ok", "{found}");
    assert_eq!(printer.counts().cuts, 1);
    printer.set_roll(0);
    scenario.wait_for_status(&device, "degraded").await.unwrap();
    let id = order(&scenario, &device, 2).await.unwrap();
    let found = ended(&scenario, &id).await.unwrap();
    assert_eq!(text(&found, "state").unwrap(), "rejected", "{found}");
    let states = || async {
        let history = scenario.history().await?;
        let papers: Vec<String> = history
            .of("printer.state")
            .filter_map(|event| {
                Some(
                    serde_json::to_value(&event.fact)
                        .ok()?
                        .pointer("/data/paper")?
                        .as_str()?
                        .to_owned(),
                )
            })
            .collect();
        ensure!(papers == ["ok", "out"], "{papers:?}");
        Ok(())
    };
    until("the cloud knows how the printer was", SOON, states)
        .await
        .unwrap();
    assert_eq!(printer.counts().cuts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_order_cuts_two_sheets_though_the_edge_is_killed_at_any_instant() {
    let mut rng = seed::rng("printer").unwrap();
    // A ticket takes two thirds of a second.
    let config = Config {
        pace: Some(60_000),
        room: 4096,
        roll: 10_000_000,
        ..Config::default()
    };
    let printer = Printer::start(config).unwrap();
    let mut scenario = Scenario::open(ScenarioSpec {
        seed: rng.throw(),
        ..ScenarioSpec::named("printer-kills")
    })
    .await
    .unwrap();
    let device = hang(&scenario, &printer).await;
    let mut ends = Vec::new();
    for number in 0..KILLS {
        let cuts = printer.counts().cuts;
        let id = order(&scenario, &device, number).await.unwrap();
        sleep(Duration::from_millis(rng.below(1200))).await;
        scenario.edge.kill().await.unwrap();
        scenario.edge.start().await.unwrap();
        let found = ended(&scenario, &id).await.unwrap();
        let state = text(&found, "state").unwrap();
        scenario.wait_for_status(&device, "online").await.unwrap();
        // A test page behind it: whatever was left of the ticket would be out before.
        let path = format!("/devices/{}/commands", scenario.named(&device));
        let test = json!({"action": {"name": "print.test", "args": {}}, "expires_in_s": 100});
        let test = scenario.admin.post(&path, &test).await.unwrap();
        let tested = ended(&scenario, &text(&test, "id").unwrap()).await.unwrap();
        assert_eq!(text(&tested, "state").unwrap(), "ok", "{tested}");
        let sheets = printer.counts().cuts - cuts - 1;
        assert!(sheets <= 1, "{sheets} sheets for {found}");
        if state == "ok" {
            assert_eq!(sheets, 1, "{found}");
        }
        ends.push(format!("{state} {sheets}"));
    }
    println!("how the orders ended, and the sheets of each: {ends:?}");
    assert_eq!(printer.counts().unknown, 0, "no dots were taken for commands");
}
