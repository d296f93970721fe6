//! Guessers, and a ticket holder who asks for the same a thousand times: others sign in, and one wish is signed.

use anyhow::{Result, ensure};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests_site::{
    admin::text,
    memory::siege_scale,
    scenario::{PASSWORD, Scenario, ScenarioSpec},
    wait::{SOON, until},
};

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn sign_in(http: &reqwest::Client, scenario: &Scenario, login: &str, password: &str) -> Result<StatusCode> {
    let url = format!("http://{}/api/v1/auth/login", scenario.cloud.address()?);
    let typed = json!({ "login": login, "password": password });
    let request = http.post(url).header("content-type", "application/json");
    Ok(request.body(typed.to_string()).send().await?.status())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_once_lock_whoever_guesses_and_unlock_nothing() {
    let scenario = Scenario::open(ScenarioSpec::named("siege-guesses")).await.unwrap();
    let http = http();
    let new = json!({ "login": "victim", "role": "viewer" });
    let made = scenario.admin.post("/accounts", &new).await.unwrap();
    let once = text(&made, "one_time_password").unwrap();
    let rounds = siege_scale().unwrap();
    for _ in 0..rounds {
        let guesses = (0..16).map(|_| sign_in(&http, &scenario, "victim", "not the password"));
        for answer in join_all(guesses).await {
            let status = answer.unwrap();
            // Two hashes at a time: what would wait too long is told to come again.
            let told = [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE];
            assert!(told.contains(&status), "{status}");
        }
    }
    // The right one comes too late, from the network that guessed; and nobody else's way in was touched.
    let late = sign_in(&http, &scenario, "victim", &once).await.unwrap();
    assert_eq!(late, StatusCode::UNAUTHORIZED);
    let owner = sign_in(&http, &scenario, "admin", PASSWORD).await.unwrap();
    assert_eq!(owner, StatusCode::OK);
    let all = scenario.admin.get("/accounts").await.unwrap();
    let victim = all
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["login"] == "victim")
        .unwrap();
    let reset = format!("/accounts/{}/reset-password", text(victim, "id").unwrap());
    let reset: Value = scenario.admin.post(&reset, &json!({})).await.unwrap();
    let fresh = text(&reset, "one_time_password").unwrap();
    assert_eq!(
        sign_in(&http, &scenario, "victim", &fresh).await.unwrap(),
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_locked_themselves_out_is_let_in_on_the_machine() {
    let mut scenario = Scenario::open(ScenarioSpec::named("siege-offline")).await.unwrap();
    scenario.cloud.stop().await.unwrap();
    let said = scenario.cloud.account(&["reset-password", "admin"]).await.unwrap();
    let line = said
        .iter()
        .find_map(|line| line.strip_prefix("one-time password for admin: "));
    let once = line.unwrap().to_owned();
    let refused = scenario.cloud.account(&["disable", "admin"]).await;
    assert!(refused.is_err(), "the last administrator was disabled");
    scenario.restart_cloud().await.unwrap();
    let http = http();
    until("the one-time password signs in", SOON, || async {
        let status = sign_in(&http, &scenario, "admin", &once).await?;
        ensure!(status == StatusCode::OK, "{status}");
        Ok(())
    })
    .await
    .unwrap();
    let before = sign_in(&http, &scenario, "admin", PASSWORD).await.unwrap();
    assert_eq!(before, StatusCode::UNAUTHORIZED);
}
