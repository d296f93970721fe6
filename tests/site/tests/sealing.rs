//! A box whose secrets are sealed, run as it is built: nothing of them on its disk, and no start without the key.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::ensure;
use serde_json::json;
use std::path::Path;
use tests_site::{
    scenario::{Scenario, ScenarioSpec},
    wait::{LONG, until},
};

const PASSWORD: &str = "a-password-that-stands-nowhere-else";

/// Files below a directory that hold these bytes.
fn holding(dir: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if path.is_file()
            && std::fs::read(&path)
                .unwrap()
                .windows(bytes.len())
                .any(|window| window == bytes)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_is_taken_tells_no_password_and_starts_nowhere_else() {
    let mut scenario = Scenario::open(ScenarioSpec::named("sealing")).await.unwrap();
    let body = json!({"kind": "terminal", "adapter": "hikvision",
        "settings": {"host": "127.0.0.1", "port": 9, "username": "admin", "password": PASSWORD}});
    let edge = scenario.edge_id.clone();
    let device = json!({"edge": edge, "device": "lobby", "config": body});
    scenario.admin.post("/devices", &device).await.unwrap();
    let state = scenario.edge.state().to_owned();
    until("the document is on the box's disk", tests_site::wait::SOON, || async {
        ensure!(!holding(&state, PASSWORD.as_bytes()).is_empty());
        Ok(())
    })
    .await
    .unwrap();
    scenario.edge.stop().await.unwrap();

    let key = scenario.dir().join("seal.key");
    std::fs::write(&key, [7; 32]).unwrap();
    scenario.edge.seal(&key).unwrap();
    scenario.edge.start().await.unwrap();
    scenario.edge.stop().await.unwrap();
    assert_eq!(holding(&state, PASSWORD.as_bytes()), Vec::<String>::new());
    assert_eq!(holding(&state, b"\"seed\""), Vec::<String>::new());

    std::fs::write(&key, [8; 32]).unwrap();
    scenario.edge.start().await.unwrap_err();
    let (status, said) = scenario.edge.errand(&["check"]).await.unwrap();
    assert!(!status.success(), "{said:?}");
    std::fs::write(&key, [7; 32]).unwrap();
    scenario.edge.start().await.unwrap();
    until("the box is back with what it knew", LONG, || async {
        let devices = scenario.admin.get(&format!("/devices?edge={edge}")).await?;
        ensure!(devices.to_string().contains("lobby"));
        Ok(())
    })
    .await
    .unwrap();
}
