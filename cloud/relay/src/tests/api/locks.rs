//! Locks: by account and network, decided where failures are counted, and no weapon.

use crate::tests::stage::{PASSWORD, Reply, Stage, Who, run};
use axum::extract::ConnectInfo;
use futures_util::future::join_all;
use serde_json::json;
use std::{net::SocketAddr, time::Duration};

async fn sign_in(stage: &Stage, password: &str, from: &str) -> Reply {
    let typed = json!({ "login": "admin", "password": password });
    let mut request = Stage::request("POST", "/api/v1/auth/login", Who::Nobody, Some(&typed));
    let from: SocketAddr = from.parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(from));
    stage.send(request).await
}

#[test]
fn guesses_that_come_at_once_are_counted_one_by_one_and_unlock_nothing() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let from = "203.0.113.9:1";
        let guesses =
            (0..12).map(|number| sign_in(&stage, if number == 11 { PASSWORD } else { "not it at all" }, from));
        join_all(guesses).await;
        // Whatever order they came in: five wrong ones lock, and those that come late lock for longer.
        sign_in(&stage, PASSWORD, from).await.expect(401);
        stage.pass(Duration::from_secs(31));
        sign_in(&stage, PASSWORD, from).await.expect(401);
        stage.pass(Duration::from_secs(15 * 60));
        sign_in(&stage, PASSWORD, from).await.expect(200);
    });
}

#[test]
fn one_network_that_guesses_locks_out_itself_only() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        for _ in 0..8 {
            sign_in(&stage, "not it at all", "[2001:db8:1:2::9]:1")
                .await
                .expect(401);
        }
        sign_in(&stage, PASSWORD, "[2001:db8:1:2:ffff::1]:1").await.expect(401);
        sign_in(&stage, PASSWORD, "[2001:db8:1:3::9]:1").await.expect(200);
        sign_in(&stage, PASSWORD, "[2001:db8:1:2:ffff::1]:1").await.expect(401);
    });
}

#[test]
fn many_networks_that_guess_lock_out_strangers_and_not_the_owner() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        sign_in(&stage, PASSWORD, "198.51.100.7:1").await.expect(200);
        for number in 0..50 {
            sign_in(&stage, "not it at all", &format!("203.0.113.{number}:1"))
                .await
                .expect(401);
        }
        sign_in(&stage, PASSWORD, "192.0.2.1:1").await.expect(401);
        sign_in(&stage, PASSWORD, "198.51.100.7:1").await.expect(200);
    });
}
